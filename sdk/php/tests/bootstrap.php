<?php

declare(strict_types=1);

require __DIR__ . '/../autoload.php';

// From Debian's packages, by PHP's include_path.
foreach (['Psr/Log/autoload.php', 'Psr/Http/Client/autoload.php', 'Nyholm/Psr7/autoload.php', 'GuzzleHttp/autoload.php'] as $file) {
    require $file;
}

spl_autoload_register(static function (string $class): void {
    $file = __DIR__ . '/' . strtr(substr($class, strlen('Driplet\\Tests\\')), '\\', '/') . '.php';
    if (str_starts_with($class, 'Driplet\\Tests\\') && is_file($file)) {
        require $file;
    }
});
