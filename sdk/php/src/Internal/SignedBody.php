<?php

declare(strict_types=1);

namespace Driplet\Internal;

/**
 * A request body and its signature: encoded once, so that the bytes signed are
 * the bytes sent. This is version 1's body signature, which the server's
 * message route takes from every client.
 */
final readonly class SignedBody
{
    private function __construct(public string $bytes, private string $signature)
    {
    }

    /** @param array<string, mixed> $fields topic, message and what else there is */
    public static function seal(array $fields, Secret $secret, string $nonce, int $timestamp): self
    {
        $bytes = Json::encode(['nonce' => $nonce, 'timestamp' => $timestamp] + $fields, 'the message');

        return new self($bytes, bin2hex($secret->sign($bytes)));
    }

    /** With a new nonce and the time of now: the server takes each nonce once. */
    public static function fresh(array $fields, Secret $secret): self
    {
        return self::seal($fields, $secret, bin2hex(random_bytes(16)), time());
    }

    /** @return array<string, string> */
    public function headers(): array
    {
        return ['Content-Type' => 'application/json', 'X-Driplet-Signature' => $this->signature];
    }
}
