<?php

declare(strict_types=1);

namespace Driplet;

use Driplet\Http\Answer;

/**
 * The server answered and said no. Its message says what to do.
 *
 * getCode() is the HTTP status, an int as everywhere in PHP; ->code is
 * Driplet's own, one of: bad_request unauthorized expired forbidden not_found
 * no_handler conflict too_large rate_limited quota timeout plugin_failed
 * unavailable internal, or a plugin's "<plugin>.<name>".
 *
 * @property-read string $code
 */
final class Refused extends DripletException
{
    /** What a status stands for when a proxy answered and not the server. */
    private const CODES = [
        400 => 'bad_request', 401 => 'unauthorized', 403 => 'forbidden', 404 => 'not_found', 409 => 'conflict',
        413 => 'too_large', 429 => 'rate_limited', 503 => 'unavailable', 504 => 'timeout',
    ];

    /**
     * @param ?string $reason with unauthorized: signature_missing, signature_mismatch, clock_skew or replayed
     * @param bool    $retry  the same request may succeed later
     * @param mixed   $data   what a plugin added; objects are arrays
     */
    private function __construct(
        private readonly string $dripletCode,
        string $message,
        public readonly ?string $reason,
        public readonly bool $retry,
        int $status,
        public readonly mixed $data = null,
    ) {
        parent::__construct($message, $status);
    }

    /** Reads {"error":{"code","message","reason"?,"retry","data"?}}, or makes do with what a proxy or the old server wrote. */
    public static function by(Answer $answer): self
    {
        $error = $answer->json()['error'] ?? null;
        if (is_array($error) && is_string($error['code'] ?? null) && is_string($error['message'] ?? null)) {
            $reason = is_string($error['reason'] ?? null) ? $error['reason'] : null;

            return new self($error['code'], $error['message'], $reason, ($error['retry'] ?? false) === true, $answer->status, $error['data'] ?? null);
        }
        $code = self::CODES[$answer->status] ?? ($answer->status < 500 ? 'bad_request' : 'internal');
        $text = "the answer was HTTP {$answer->status}, not from Driplet itself: {$answer->excerpt()}";

        return new self($code, $text, null, $answer->status >= 500 || $answer->status === 429, $answer->status);
    }

    public function __get(string $name): mixed
    {
        if ($name === 'code') {
            return $this->dripletCode;
        }
        throw new \Error("Undefined property: Driplet\\Refused::\${$name}");
    }

    public function __isset(string $name): bool
    {
        return $name === 'code';
    }
}
