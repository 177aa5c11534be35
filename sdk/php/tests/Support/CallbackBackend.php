<?php

declare(strict_types=1);

namespace Driplet\Tests\Support;

/** A real PHP web server that runs one script for every path. */
final class CallbackBackend
{
    public readonly string $url;
    private readonly Process $process;

    /** @param array<string, string> $env */
    public function __construct(string $script = __DIR__ . '/callback_backend.php', array $env = [], ?int $port = null)
    {
        $port ??= Process::freePort();
        $this->url = "http://127.0.0.1:{$port}";
        $this->process = new Process([PHP_BINARY, '-d', 'display_errors=1', '-d', 'error_log=', '-S', "127.0.0.1:{$port}", $script], $env);
        for ($end = time() + 60; ($socket = @stream_socket_client("tcp://127.0.0.1:{$port}")) === false; usleep(20000)) {
            if (time() > $end || !$this->process->running()) {
                throw new \RuntimeException("php -S does not start: {$this->log()}");
            }
        }
        fclose($socket);
    }

    public function log(): string
    {
        return $this->process->errors();
    }
}
