<?php

declare(strict_types=1);

// Runs before each example of README.md, as a project's own bootstrap would.

require __DIR__ . '/../../autoload.php';
require 'GuzzleHttp/autoload.php';

set_error_handler(static fn (int $_, string $text, string $file, int $line) => throw new ErrorException($text, 0, $_, $file, $line));
