<?php

declare(strict_types=1);

namespace Driplet;

/** The call is wrong and would be wrong again: mend the code or the settings. Nothing was sent. */
final class Misuse extends DripletException
{
    public static function setting(string $name, string $problem): self
    {
        return new self("{$name} {$problem}");
    }

    public static function notEncodable(string $what, \Throwable $cause): self
    {
        $hint = match ($cause->getCode()) {
            \JSON_ERROR_UTF8 => 'a string in it is not UTF-8: convert it first, for instance with mb_convert_encoding()',
            \JSON_ERROR_DEPTH => 'it is nested deeper than 128 levels, or refers to itself',
            \JSON_ERROR_RECURSION => 'it refers to itself',
            \JSON_ERROR_INF_OR_NAN => 'it holds INF or NAN, which JSON cannot express',
            \JSON_ERROR_UNSUPPORTED_TYPE => 'it holds a value that JSON cannot express, such as a resource',
            default => $cause->getMessage(),
        };

        return new self("{$what} cannot be written as JSON: {$hint}", 0, $cause);
    }

    public static function target(string $problem): self
    {
        return new self("target: {$problem}");
    }
}
