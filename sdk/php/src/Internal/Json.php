<?php

declare(strict_types=1);

namespace Driplet\Internal;

use Driplet\Misuse;

/** The one way in which this library writes JSON. */
final class Json
{
    /** Unicode and slashes as they are, 5.0 not as 5, and no silent loss. */
    private const FLAGS = JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION;

    /** The server's limit; also what ends arrays that refer to themselves. */
    private const DEPTH = 128;

    /** @param string $what names the value in the error's text */
    public static function encode(mixed $value, string $what): string
    {
        try {
            return json_encode($value, self::FLAGS, self::DEPTH);
        } catch (\Throwable $e) { // also what a value's own jsonSerialize() throws
            throw Misuse::notEncodable($what, $e);
        }
    }
}
