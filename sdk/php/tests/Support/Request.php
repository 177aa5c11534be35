<?php

declare(strict_types=1);

namespace Driplet\Tests\Support;

/** A request as it arrived. */
final readonly class Request
{
    public function __construct(public string $head, public string $body)
    {
    }

    public function header(string $name): string
    {
        return preg_match('/^' . preg_quote($name, '/') . ': *(.*?)\r$/im', $this->head, $match) === 1 ? $match[1] : '';
    }

    /** @return array<string, mixed> */
    public function json(): array
    {
        return json_decode($this->body, true, 512, JSON_THROW_ON_ERROR);
    }

    public function signedWith(string $secret): bool
    {
        return hash_equals(hash_hmac('sha256', $this->body, $secret), $this->header('X-Driplet-Signature'));
    }
}
