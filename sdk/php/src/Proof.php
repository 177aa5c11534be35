<?php

declare(strict_types=1);

namespace Driplet;

use Driplet\Internal\Base64Url;
use Driplet\Internal\Secret;

/**
 * Your backend's word that one user may subscribe to one topic, for topics
 * whose rule asks for a proof. Good across reconnects until it expires.
 */
final readonly class Proof
{
    /** The server takes none that is good for longer. */
    private const MAX_TTL = 86400;

    /**
     * @param string $endpoint the endpoint's name as in its URL
     * @param string $user     the connection's user: the token's claim uid as text, '' for anonymous
     * @param int    $ttl      seconds, at most a day
     */
    public static function make(#[\SensitiveParameter] string $apiSecret, string $endpoint, string $user, string $topic, int $ttl = 3600): string
    {
        if ($ttl < 1 || $ttl > self::MAX_TTL) {
            throw Misuse::setting('ttl', 'of a proof must be 1 to ' . self::MAX_TTL . " seconds, it is {$ttl}");
        }

        return self::until(new Secret($apiSecret, 'the API secret'), $endpoint, $user, $topic, time() + $ttl);
    }

    /** @internal */
    public static function until(Secret $apiSecret, string $endpoint, string $user, string $topic, int $exp): string
    {
        // A line break inside a part would let one proof say two things.
        if (str_contains($endpoint . $user . $topic, "\n")) {
            throw new Misuse('endpoint, user and topic of a proof must not hold line breaks');
        }
        $text = implode("\n", ['driplet-proof-1', strtolower($endpoint), $user, $topic, $exp]);

        return $exp . '.' . Base64Url::encode($apiSecret->derive('proof')->sign($text));
    }
}
