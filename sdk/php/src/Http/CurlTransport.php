<?php

declare(strict_types=1);

namespace Driplet\Http;

use Driplet\Misuse;

/**
 * The built-in client: PHP's curl extension. Keeps its connection for the next
 * message.
 *
 * @internal
 */
final class CurlTransport implements Transport
{
    /** A server in the same house connects in a millisecond; one that is gone must not hold a page. */
    private const CONNECT_SECONDS = 0.5;

    /** Real answers have a few hundred bytes; a wrong URL may answer a film. */
    private const MAX_ANSWER_BYTES = 1 << 20;

    private ?\CurlHandle $handle = null;
    private int $process = 0;

    public function __construct()
    {
        if (!\extension_loaded('curl')) {
            throw new Misuse('PHP has no curl extension here: install it (Debian: php-curl) or give Driplet a PSR-18 client');
        }
    }

    public function post(string $url, array $headers, string $body, float $seconds): Answer
    {
        $curl = $this->take();
        try {
            return self::exchange($curl, $url, $headers, $body, $seconds);
        } finally {
            $this->handle = $curl;
        }
    }

    /** @param array<string, string> $headers by name */
    private static function exchange(\CurlHandle $curl, string $url, array $headers, string $body, float $seconds): Answer
    {
        $received = '';
        curl_reset($curl);
        curl_setopt_array($curl, [
            CURLOPT_URL => $url,
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => $body,
            // Expect is emptied because curl would wait up to a second for a "100 Continue" before large bodies.
            CURLOPT_HTTPHEADER => [...array_map(static fn (string $name, string $value): string => "{$name}: {$value}", array_keys($headers), $headers), 'Expect:'],
            CURLOPT_CONNECTTIMEOUT_MS => max(1, (int) (1000 * min(self::CONNECT_SECONDS, $seconds))),
            CURLOPT_TIMEOUT_MS => max(1, (int) (1000 * $seconds)),
            CURLOPT_NOSIGNAL => true, // else timeouts under a second fail at once where curl resolves names with signals
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_WRITEFUNCTION => static function (\CurlHandle $_, string $chunk) use (&$received): int {
                $received .= $chunk;

                return strlen($received) <= self::MAX_ANSWER_BYTES ? strlen($chunk) : 0;
            },
        ]);
        if (curl_exec($curl) === false) {
            throw strlen($received) > self::MAX_ANSWER_BYTES ? new NoAnswer('the answer is over a megabyte') : self::failure(curl_errno($curl), curl_error($curl));
        }

        return new Answer(curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $received, (string) curl_getinfo($curl, CURLINFO_REDIRECT_URL));
    }

    private static function failure(int $code, string $text): NoAnswer
    {
        return match ($code) {
            CURLE_SSL_PEER_CERTIFICATE => new NoAnswer($text, advice: 'The certificate must be for the host in DRIPLET_URL, and of an authority that this PHP trusts (curl.cainfo names more)'),
            CURLE_SSL_CONNECT_ERROR => new NoAnswer($text, advice: 'Does the server speak TLS there? If not, DRIPLET_URL begins with http://'),
            default => new NoAnswer($text),
        };
    }

    /**
     * Whoever publishes while another request is under way (in a signal handler,
     * in another coroutine) gets a handle of its own. After a fork, too: both
     * processes would write to one connection.
     */
    private function take(): \CurlHandle
    {
        $curl = $this->process === getmypid() ? $this->handle : null;
        $this->handle = null;
        $this->process = (int) getmypid();

        return $curl ?? (curl_init() ?: throw new NoAnswer('curl cannot start'));
    }
}
