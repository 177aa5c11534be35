<?php

declare(strict_types=1);

namespace Driplet\Internal;

/**
 * A request that the server signed, as core/callback/README.md has it.
 */
final readonly class SignedRequest
{
    /** How far its clock and ours may differ, in seconds. */
    public const WINDOW = 60;

    private const MAX_NONCE_BYTES = 128;

    /** What X-Driplet-Signature must be; the key is derived for its purpose. */
    public static function signature(Secret $key, string $method, string $uri, string $timestamp, string $nonce, string $body): string
    {
        return 'v2=' . bin2hex($key->sign(implode("\n", ['v2', $method, $uri, $timestamp, $nonce, hash('sha256', $body)])));
    }

    /** @param array<string, string> $headers names in lower case */
    public function __construct(private string $method, private string $uri, private array $headers, private string $body)
    {
    }

    public function nonce(): string
    {
        return $this->headers['x-driplet-nonce'] ?? '';
    }

    /** The header as a number; only to be believed after fault() found none. */
    public function timestamp(): int
    {
        return (int) ($this->headers['x-driplet-timestamp'] ?? 0);
    }

    /**
     * Null when one of the keys signed it, and not long ago; else why not.
     *
     * @param list<Secret> $keys derived for their purpose
     *
     * @return ?array{string, string} reason and text
     */
    public function fault(array $keys, int $now): ?array
    {
        $timestamp = $this->headers['x-driplet-timestamp'] ?? '';
        $signature = $this->headers['x-driplet-signature'] ?? '';
        if ($signature === '' || $timestamp === '' || $this->nonce() === '') {
            return ['signature_missing', 'the headers X-Driplet-Signature, X-Driplet-Timestamp and X-Driplet-Nonce are needed: only a Driplet server calls this URL'];
        }
        if (preg_match('/^(0|[1-9][0-9]{0,11})$/D', $timestamp) !== 1 || strlen($this->nonce()) > self::MAX_NONCE_BYTES
            || preg_match('/[\x00-\x1f\x7f]/', $this->nonce() . $this->uri . $this->method) !== 0) {
            return ['signature_mismatch', 'X-Driplet-Timestamp must be unix seconds, and no line of the signed text may hold control characters'];
        }
        $good = false;
        foreach ($keys as $key) {
            $good = hash_equals(self::signature($key, $this->method, $this->uri, $timestamp, $this->nonce(), $this->body), $signature) || $good;
        }
        if (!$good) {
            return ['signature_mismatch', 'X-Driplet-Signature does not match ' . substr($this->method, 0, 10) . ' ' . substr($this->uri, 0, 200) . ' and the '
                . strlen($this->body) . ' body bytes received: is this the APISecret of the endpoint, and does a proxy rewrite the path?'];
        }
        // Only who holds the secret is told what our clock shows.
        $off = (int) $timestamp - $now;
        if (abs($off) > self::WINDOW) {
            return ['clock_skew', 'timestamp is ' . abs($off) . ' s ' . ($off < 0 ? 'behind' : 'ahead of') . ' this backend: synchronise clocks (up to ' . self::WINDOW . ' s is fine)'];
        }

        return null;
    }
}
