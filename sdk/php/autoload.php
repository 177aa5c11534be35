<?php

declare(strict_types=1);

// For projects without Composer: require this file and use the classes.

spl_autoload_register(static function (string $class): void {
    if (!str_starts_with($class, 'Driplet\\')) {
        return;
    }
    $file = __DIR__ . '/src/' . strtr(substr($class, 8), '\\', '/') . '.php';
    if (is_file($file)) {
        require $file;
    }
});
