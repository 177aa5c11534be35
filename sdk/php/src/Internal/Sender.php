<?php

declare(strict_types=1);

namespace Driplet\Internal;

use Driplet\Http\Answer;
use Driplet\Http\NoAnswer;
use Driplet\Http\Transport;
use Driplet\Misuse;
use Driplet\Receipt;
use Driplet\Refused;
use Driplet\Unreachable;

/** Sends a message's fields, and again under the same id when no answer came. */
final readonly class Sender
{
    /** Between attempts: long enough for a proxy to pick another server, too short to notice. */
    private const PAUSE_SECONDS = 0.1;

    /**
     * @param float $timeout seconds for all attempts together
     * @param int   $retries attempts after the first
     */
    public function __construct(
        private EndpointUrl $url,
        private Secret $secret,
        private Transport $transport,
        private float $timeout = 2.0,
        private int $retries = 1,
    ) {
        if (!is_finite($timeout) || $timeout <= 0.0) {
            throw Misuse::setting('timeout', 'must be more than 0 seconds');
        }
        if ($retries < 0) {
            throw Misuse::setting('retries', 'must be 0 or more');
        }
    }

    /** @param array<string, mixed> $fields topic, message and what else there is; without an id a random one is added */
    public function send(array $fields): Receipt
    {
        $fields['id'] ??= bin2hex(random_bytes(16));
        $end = hrtime(true) + (int) ($this->timeout * 1e9);
        for ($attempt = 1; ; ++$attempt) {
            // Each attempt gets its share of what is left, so that a server which never answers leaves time to try again.
            $left = ($end - hrtime(true)) / 1e9;
            $last = $attempt > $this->retries;
            try {
                return $this->attempt($fields, max(0.001, $left / ($this->retries + 2 - $attempt)));
            } catch (NoAnswer $e) {
                if ($last || !$this->pause($end)) {
                    throw Unreachable::after($attempt, $this->url->message, $e);
                }
            } catch (Refused $e) {
                if ($last || !self::mayPass($e) || !$this->pause($end)) {
                    throw $e;
                }
            }
        }
    }

    /** @param array<string, mixed> $fields */
    private function attempt(array $fields, float $seconds): Receipt
    {
        $body = SignedBody::fresh($fields, $this->secret);
        $answer = $this->transport->post($this->url->message, $body->headers() + ['User-Agent' => 'driplet-php'], $body->bytes, $seconds);

        return $this->receipt($fields['id'], $answer);
    }

    private function receipt(string $id, Answer $answer): Receipt
    {
        $said = self::accepted($this->url->message, $answer);
        $epoch = is_string($said['epoch'] ?? null) ? $said['epoch'] : null;
        $offset = is_int($said['offset'] ?? null) ? $said['offset'] : null;

        return new Receipt($id, ($said['duplicate'] ?? false) === true, $epoch, $offset);
    }

    /**
     * What a Driplet server says with status 200.
     *
     * @return ?array<array-key, mixed> null: nothing, as the old server
     */
    public static function accepted(string $url, Answer $answer): ?array
    {
        if ($answer->status >= 300 && $answer->status < 400) {
            throw Unreachable::notDriplet($url, "HTTP {$answer->status}, a redirect to '{$answer->location}'");
        }
        if ($answer->status !== 200) {
            throw Refused::by($answer);
        }
        $said = $answer->json();
        if ($said === null && $answer->body !== '') { // the old server's answer is empty
            throw Unreachable::notDriplet($url, 'HTTP 200, but not JSON: ' . $answer->excerpt());
        }

        return $said;
    }

    /**
     * Whether another attempt may do better. 429 asks for patience, which a
     * page does not have. Nonces here are random, so one that was "replayed"
     * had been repeated below this library: by curl on a connection that broke.
     */
    private static function mayPass(Refused $e): bool
    {
        return $e->reason === 'replayed' || ($e->retry && $e->getCode() >= 500);
    }

    /** False when there is no time left for another attempt. */
    private function pause(int $end): bool
    {
        if (hrtime(true) + (int) (self::PAUSE_SECONDS * 1e9) >= $end) {
            return false;
        }
        usleep((int) (self::PAUSE_SECONDS * 1e6));

        return true;
    }
}
