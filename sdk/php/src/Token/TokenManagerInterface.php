<?php

declare(strict_types=1);

namespace Driplet\Token;

/** The old library's interface of JwtManager. */
interface TokenManagerInterface
{
    /** @param array<string, mixed> $customClaims */
    public function generateToken(array $customClaims = []): string;
}
