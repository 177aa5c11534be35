<?php

declare(strict_types=1);

namespace Driplet;

/**
 * An event that a browser sent, as the server hands it to CallbackHandler.
 * Endpoint, user, session and claims were verified by the server; event, topic
 * and data are the browser's word: check them.
 */
final readonly class CallbackEvent
{
    /**
     * @param string               $id      another for every event: for your own log, or to act once
     * @param ?string              $topic   what the browser gave, if it did; it need not be subscribed
     * @param string               $user    the token's user as text, '' for anonymous
     * @param ?string              $session for Message::except(); a secret of that browser's
     * @param array<string, mixed> $claims  the token's own claims
     * @param mixed                $data    as json_decode() makes it, objects as arrays
     * @param float                $time    when the server had it, unix seconds
     */
    private function __construct(
        public string $id,
        public string $endpoint,
        public string $event,
        public ?string $topic,
        public string $user,
        public ?string $session,
        public array $claims,
        public mixed $data,
        public float $time,
    ) {
    }

    /** @internal null: no such body comes from the server */
    public static function read(string $body, string $id): ?self
    {
        // Two more levels than users' JSON may have; big numbers keep their digits as text.
        $e = json_decode($body, true, 160, JSON_BIGINT_AS_STRING);
        if (!is_array($e) || !is_string($e['endpoint'] ?? null) || !is_string($e['event'] ?? null) || !is_string($e['user'] ?? null)
            || !is_array($e['claims'] ?? null) || !is_int($e['time'] ?? null) || !array_key_exists('data', $e)) {
            return null;
        }
        $text = static fn (string $field): ?string => is_string($e[$field] ?? null) ? $e[$field] : null;

        return new self($id, $e['endpoint'], $e['event'], $text('topic'), $e['user'], $text('session'), $e['claims'], $e['data'], $e['time'] / 1000);
    }
}
