<?php

declare(strict_types=1);

namespace Driplet\Http;

/**
 * What an HTTP server answered, as far as this library reads it.
 *
 * @internal
 */
final readonly class Answer
{
    public function __construct(public int $status, public string $body, public string $location = '')
    {
    }

    /** @return array<array-key, mixed>|null the body as a JSON object or list; null when it is neither */
    public function json(): ?array
    {
        $decoded = json_decode($this->body, true);

        return is_array($decoded) ? $decoded : null;
    }

    /** The start of the body on one line, for an error's text. */
    public function excerpt(): string
    {
        $text = trim((string) preg_replace('/[^\x20-\x7e]+/', ' ', strip_tags($this->body)));

        return $text === '' ? '(empty)' : substr($text, 0, 200);
    }
}
