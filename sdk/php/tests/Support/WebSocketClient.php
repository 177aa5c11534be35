<?php

declare(strict_types=1);

namespace Driplet\Tests\Support;

/** As much of RFC 6455 as tests need: text frames, pings, closes. */
final class WebSocketClient
{
    private const DEADLINE_SECONDS = 60;
    private const TEXT = 1;
    private const CLOSE = 8;
    private const PING = 9;
    private const PONG = 10;

    /** @var resource */
    private $socket;

    /** Its secret name; version 1 does not tell it. */
    public readonly ?string $session;

    /** @param int $version 1 is the old wire, 2 ours */
    public function __construct(int $port, string $token, private readonly int $version = 2)
    {
        $this->socket = stream_socket_client("tcp://127.0.0.1:{$port}", $_, $error, self::DEADLINE_SECONDS) ?: throw new \RuntimeException($error);
        stream_set_timeout($this->socket, self::DEADLINE_SECONDS);
        $key = base64_encode(random_bytes(16));
        $query = 'token=' . rawurlencode($token) . ($version === 2 ? '&v=2' : '');
        fwrite($this->socket, "GET /ws/default?{$query} HTTP/1.1\r\nHost: 127.0.0.1:{$port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {$key}\r\n\r\n");
        $head = '';
        while (!str_ends_with($head, "\r\n\r\n")) {
            $head .= fgets($this->socket) ?: throw new \RuntimeException("no upgrade: {$head}");
        }
        $accept = base64_encode(sha1($key . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11', true));
        if (!str_starts_with($head, 'HTTP/1.1 101') || !str_contains($head, $accept)) {
            throw new \RuntimeException("no upgrade: {$head}");
        }
        $welcome = $version === 2 ? $this->receive() : ['type' => 'welcome', 'session' => null];
        if ($welcome['type'] !== 'welcome') {
            throw new \RuntimeException('no welcome: ' . json_encode($welcome));
        }
        $this->session = $welcome['session'];
    }

    public function __destruct()
    {
        fclose($this->socket);
    }

    /** Returns once the server has done it. */
    public function subscribe(string $topic): void
    {
        if ($this->version === 2) {
            $this->send(['type' => 'subscribe', 'topic' => $topic, 'id' => 1]);
            $reply = $this->receive();
            if ($reply['type'] !== 'reply') {
                throw new \RuntimeException('not subscribed: ' . json_encode($reply));
            }

            return;
        }
        // Version 1 never acknowledges, but frames are handled in order.
        $this->send(['type' => 'subscribe', 'topic' => $topic]);
        $this->write(self::PING, 'done?');
        do {
            [$opcode] = $this->read();
        } while ($opcode !== self::PONG);
    }

    /** @param array<string, mixed> $frame */
    public function send(array $frame): void
    {
        $this->write(self::TEXT, json_encode($frame, JSON_THROW_ON_ERROR));
    }

    /** @return array<string, mixed> */
    public function receive(): array
    {
        return json_decode($this->text(), true, 512, JSON_THROW_ON_ERROR);
    }

    /** The next text frame as it came. */
    public function text(): string
    {
        for (; ;) {
            [$opcode, $data] = $this->read();
            match ($opcode) {
                self::TEXT => null,
                self::PING => $this->write(self::PONG, $data),
                self::CLOSE => throw new \RuntimeException('closed: ' . bin2hex($data)),
                default => null,
            };
            if ($opcode === self::TEXT) {
                return $data;
            }
        }
    }

    /**
     * What comes before the message $marker: a topic has one order, so
     * whatever was published earlier and is not here never comes.
     *
     * @return list<mixed>
     */
    public function until(string $marker): array
    {
        for ($messages = []; ($message = $this->receive()['message']) !== $marker;) {
            $messages[] = $message;
        }

        return $messages;
    }

    private function write(int $opcode, string $data): void
    {
        $mask = random_bytes(4);
        $length = strlen($data);
        $size = $length < 126 ? chr(0x80 | $length) : ($length < 65536 ? "\xfe" . pack('n', $length) : "\xff" . pack('J', $length));
        fwrite($this->socket, chr(0x80 | $opcode) . $size . $mask . ($data ^ substr(str_repeat($mask, intdiv($length, 4) + 1), 0, $length)));
    }

    /** @return array{int, string} opcode and data of an unfragmented frame */
    private function read(): array
    {
        [1 => $first, 2 => $length] = (array) unpack('C2', $this->bytes(2));
        $length = match ($length) {
            126 => ((array) unpack('n', $this->bytes(2)))[1],
            127 => ((array) unpack('J', $this->bytes(8)))[1],
            default => $length,
        };

        return [$first & 0x0f, $this->bytes($length)];
    }

    private function bytes(int $count): string
    {
        $data = '';
        while (strlen($data) < $count) {
            $chunk = fread($this->socket, $count - strlen($data));
            if ($chunk === false || $chunk === '') {
                throw new \RuntimeException('the connection ended, or nothing came for ' . self::DEADLINE_SECONDS . ' s');
            }
            $data .= $chunk;
        }

        return $data;
    }
}
