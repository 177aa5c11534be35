<?php

declare(strict_types=1);

namespace Driplet\Tests\Support;

/** A child process that ends with its object; its output is read line by line. */
final class Process
{
    /** Generous: it only ends tests that hang. */
    private const DEADLINE_SECONDS = 60;

    /** @var resource */
    private $handle;

    /** @var resource */
    private $out;

    private string $errors;

    /**
     * @param list<string>          $command
     * @param array<string, string> $env in addition to the tests' own, less what is meant for Driplet
     */
    public function __construct(array $command, array $env = [], ?string $dir = null)
    {
        $this->errors = (string) tempnam(sys_get_temp_dir(), 'driplet-err');
        $handle = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], ['file', $this->errors, 'w']], $pipes, $dir, $env + self::environment());
        if ($handle === false) {
            throw new \RuntimeException('cannot start ' . implode(' ', $command));
        }
        $this->handle = $handle;
        $this->out = $pipes[1];
    }

    public function __destruct()
    {
        if (proc_get_status($this->handle)['running']) {
            proc_terminate($this->handle, 9);
        }
        fclose($this->out);
        proc_close($this->handle);
        unlink($this->errors);
    }

    /** @return array<string, string> */
    private static function environment(): array
    {
        return array_filter(getenv(), static fn (string $name): bool => !str_starts_with($name, 'DRIPLET_'), ARRAY_FILTER_USE_KEY);
    }

    public function line(): string
    {
        $read = [$this->out];
        $none = null;
        if (stream_select($read, $none, $none, self::DEADLINE_SECONDS) !== 1 || ($line = fgets($this->out)) === false) {
            throw new \RuntimeException('no line came. Its errors: ' . $this->errors());
        }

        return rtrim($line, "\n");
    }

    /** Waits for the end; all that was left of the output. */
    public function finish(): string
    {
        $rest = (string) stream_get_contents($this->out);
        for ($end = time() + self::DEADLINE_SECONDS; proc_get_status($this->handle)['running'] && time() < $end;) {
            usleep(5000);
        }

        return $rest;
    }

    public function errors(): string
    {
        return (string) file_get_contents($this->errors);
    }

    public function running(): bool
    {
        return proc_get_status($this->handle)['running'];
    }

    /**
     * A port that nobody listens on. It is below those that systems give to
     * whoever connects or asks for any: nobody gets it before the server does.
     */
    public static function freePort(): int
    {
        for ($tries = 0; $tries < 1000; ++$tries) {
            $port = random_int(12000, 30000);
            $socket = @stream_socket_server("tcp://127.0.0.1:{$port}");
            if ($socket !== false) {
                fclose($socket);

                return $port;
            }
        }
        throw new \RuntimeException('no free port');
    }
}
