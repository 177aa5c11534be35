<?php

declare(strict_types=1);

namespace Driplet\Internal;

use Driplet\Misuse;

/**
 * A secret that shows in no var_dump(), print_r(), var_export(), stack trace or
 * serialization: PHP's SensitiveParameterValue keeps it.
 */
final readonly class Secret
{
    private \SensitiveParameterValue $value;

    public function __construct(#[\SensitiveParameter] string $secret, string $what)
    {
        if ($secret === '') {
            throw Misuse::setting($what, 'is empty: it must be the one in the server\'s configuration');
        }
        $this->value = new \SensitiveParameterValue($secret);
    }

    /** HMAC-SHA256 as 32 raw bytes. */
    public function sign(string $text): string
    {
        return hash_hmac('sha256', $text, $this->value->getValue(), true);
    }

    /** The 32-byte key for one purpose: HKDF-SHA256 with empty salt, so that no signature serves for another. */
    public function derive(string $purpose): self
    {
        return new self(hash_hkdf('sha256', $this->value->getValue(), 32, 'driplet/' . $purpose), $purpose);
    }
}
