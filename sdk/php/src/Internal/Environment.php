<?php

declare(strict_types=1);

namespace Driplet\Internal;

use Driplet\Misuse;

/** Settings from the environment, also where a .env loader fills only $_ENV or $_SERVER. */
final class Environment
{
    public static function get(string $name): string
    {
        foreach ([$_ENV[$name] ?? null, $_SERVER[$name] ?? null, getenv($name)] as $value) {
            if (is_string($value) && $value !== '') {
                return $value;
            }
        }
        throw Misuse::setting("the environment variable {$name}", 'is not set');
    }
}
