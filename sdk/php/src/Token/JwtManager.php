<?php

declare(strict_types=1);

namespace Driplet\Token;

use Driplet\TokenIssuer;

/**
 * The old library's token maker, kept so that code in the field works. New
 * code uses \Driplet\TokenIssuer.
 */
class JwtManager implements TokenManagerInterface
{
    private readonly TokenIssuer $issuer;

    /** @param int $expiration seconds */
    public function __construct(#[\SensitiveParameter] string $secret, int $expiration = 60)
    {
        $this->issuer = new TokenIssuer($secret, $expiration);
    }

    public function generateToken(array $customClaims = []): string
    {
        return $this->issuer->issue($customClaims);
    }
}
