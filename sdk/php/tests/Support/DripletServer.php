<?php

declare(strict_types=1);

namespace Driplet\Tests\Support;

use Driplet\Driplet;
use Driplet\Message;
use Driplet\Refused;
use Driplet\TokenIssuer;

/**
 * A real server: built from this repository once, or the binary that the
 * environment variable TEST_DRIPLET_BIN names.
 */
final class DripletServer
{
    public const API_SECRET = 'the-api-secret-of-these-tests-0123456789';
    public const JWT_SECRET = 'the-jwt-secret-of-these-tests-0123456789';

    private static ?self $shared = null;
    private readonly string $dir;
    private ?Process $process = null;
    public readonly int $port;
    public readonly string $url;

    /** The one that tests share. */
    public static function shared(): self
    {
        return self::$shared ??= new self();
    }

    /**
     * @param string $more    configuration of the endpoint default
     * @param string $plugins a folder with plugins
     */
    public function __construct(string $more = '', string $plugins = '')
    {
        $this->dir = sys_get_temp_dir() . '/driplet-php-' . bin2hex(random_bytes(6));
        mkdir($this->dir, 0700);
        $this->port = Process::freePort();
        $this->url = "http://127.0.0.1:{$this->port}/api/default";
        file_put_contents("{$this->dir}/config.toml", sprintf(
            "[Global]\nBindAddress = \"127.0.0.1\"\nPort = %d\n%s\n[Endpoints.default]\nName = \"default\"\nAPISecret = \"%s\"\nJWTSecret = \"%s\"\n%s",
            $this->port,
            $plugins === '' ? '' : "PluginDir = \"{$plugins}\"\n",
            self::API_SECRET,
            self::JWT_SECRET,
            $more,
        ));
        $this->start();
    }

    public function __destruct()
    {
        $this->process = null;
        array_map(unlink(...), array_filter(glob("{$this->dir}/{,.}*", GLOB_BRACE) ?: [], is_file(...)));
        @rmdir($this->dir);
    }

    private function start(): void
    {
        $this->process = new Process(['sh', '-c', 'exec "$0" "$@" >&2', self::binary(), 'serve', '-config', "{$this->dir}/config.toml"], [], $this->dir);
        $driplet = new Driplet($this->url, self::API_SECRET, timeout: 30.0);
        for ($end = time() + 60; ; usleep(20000)) {
            try {
                $driplet->publish(Message::to('ready', true));

                return;
            } catch (\Driplet\DripletException $e) {
                // "replayed": a server refuses what was signed before its own start, to the second.
                if (time() > $end || !$this->process->running() || ($e instanceof Refused && $e->reason !== 'replayed')) {
                    throw new \RuntimeException("the server does not start: {$e->getMessage()}\n{$this->process->errors()}", 0, $e);
                }
            }
        }
    }

    /** @param array<string, mixed> $claims */
    public function connect(array $claims, string $topic): WebSocketClient
    {
        $client = new WebSocketClient($this->port, (new TokenIssuer(self::JWT_SECRET))->issue($claims));
        $client->subscribe($topic);

        return $client;
    }

    private static function binary(): string
    {
        static $built = null, $failed = null;
        $given = getenv('TEST_DRIPLET_BIN');
        if (is_string($given) && $given !== '') {
            return $given;
        }
        if ($failed !== null) {
            throw new \RuntimeException($failed); // it would fail again for each test
        }
        if ($built === null) {
            $binary = sys_get_temp_dir() . '/driplet-php-bin-' . getmypid();
            exec('cd ' . escapeshellarg(dirname(__DIR__, 4)) . ' && go build -o ' . escapeshellarg($binary) . ' ./cmd/driplet 2>&1', $output, $status);
            if ($status !== 0) {
                throw new \RuntimeException($failed = "go build failed:\n" . implode("\n", $output));
            }
            register_shutdown_function(static fn () => @unlink($binary));
            $built = $binary;
        }

        return $built;
    }
}
