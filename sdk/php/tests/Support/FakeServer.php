<?php

declare(strict_types=1);

namespace Driplet\Tests\Support;

/** A server that fails on demand: see fake_server.php. */
final class FakeServer
{
    private readonly Process $process;
    public readonly string $url;

    /** @param array<string, mixed> ...$steps one for each connection, the last repeated */
    public function __construct(array ...$steps)
    {
        $this->process = new Process([PHP_BINARY, '-n', __DIR__ . '/fake_server.php', json_encode($steps, JSON_THROW_ON_ERROR)]);
        $this->url = "http://127.0.0.1:{$this->process->line()}/api/default";
    }

    /** @param array<mixed>|string $body */
    public static function answer(int $status, array|string $body, ?string $location = null): array
    {
        $body = is_string($body) ? $body : json_encode($body, JSON_THROW_ON_ERROR);

        return ['do' => 'answer', 'status' => $status, 'body' => $body] + ($location === null ? [] : ['location' => $location]);
    }

    /** The next request: its head as text, its body as bytes. */
    public function request(): Request
    {
        $line = json_decode($this->process->line(), true, 16, JSON_THROW_ON_ERROR);

        return new Request($line['head'], $line['body']);
    }
}
