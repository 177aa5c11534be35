<?php

declare(strict_types=1);

// The PHP SDK and the classes beside this file, without Composer.

require __DIR__ . '/../../sdk/php/autoload.php';

spl_autoload_register(static function (string $class): void {
    $file = __DIR__ . '/src/' . substr($class, strlen('DripletExample\\')) . '.php';
    if (str_starts_with($class, 'DripletExample\\') && is_file($file)) {
        require $file;
    }
});
