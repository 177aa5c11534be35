<?php

declare(strict_types=1);

namespace Driplet\Tests\Support;

/** A server that fails on demand: see fake_server.php. */
final class FakeServer
{
    private readonly Process $process;
    public readonly string $url;

    /** A certificate for localhost that nobody vouches for but itself; '' without TLS. */
    public readonly string $certificate;

    /** @param array<string, mixed> ...$steps one for each connection, the last repeated; a last one [] is for TLS */
    public function __construct(array ...$steps)
    {
        $tls = end($steps) === [];
        $this->certificate = $tls ? self::certificate() : '';
        $steps = json_encode(array_filter($steps), JSON_THROW_ON_ERROR);
        $this->process = new Process([PHP_BINARY, '-n', __DIR__ . '/fake_server.php', $steps, ...($tls ? [$this->certificate] : [])]);
        $this->url = ($tls ? 'https://localhost' : 'http://127.0.0.1') . ":{$this->process->line()}/api/default";
    }

    public function __destruct()
    {
        if ($this->certificate !== '') {
            unlink($this->certificate);
        }
    }

    /** A file with it and its key. */
    private static function certificate(): string
    {
        $key = openssl_pkey_new(['private_key_type' => OPENSSL_KEYTYPE_EC, 'curve_name' => 'prime256v1']);
        $request = openssl_csr_new(['commonName' => 'localhost'], $key);
        openssl_x509_export(openssl_csr_sign($request, null, $key, 2), $certificate);
        openssl_pkey_export($key, $private);
        $file = (string) tempnam(sys_get_temp_dir(), 'driplet-tls');
        file_put_contents($file, $certificate . $private);

        return $file;
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
