<?php

declare(strict_types=1);

namespace Driplet\Internal;

/** RFC 4648 section 5, without padding. */
final class Base64Url
{
    public static function encode(string $bytes): string
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }
}
