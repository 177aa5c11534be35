<?php

declare(strict_types=1);

namespace Driplet\Tests\Unit;

use Driplet\Driplet;
use Driplet\Message;
use Driplet\Tests\Support\FakeServer;
use Driplet\Tests\Support\Process;
use PHPUnit\Framework\TestCase;
use Psr\Log\AbstractLogger;

final class DeferTest extends TestCase
{
    public function testSendsAfterTheResponse(): void
    {
        $server = new FakeServer(FakeServer::answer(200, ''));
        [$page, $log] = $this->page($server->url);
        self::assertSame('the page and its end', $page);
        $steps = ['page done', 'shutdown of others', 'session closed', 'response finished'];
        self::assertSame(['one', $steps], [($one = $server->request()->json())['topic'], $one['message']]);
        self::assertSame('two', $server->request()->json()['topic']);
        self::assertStringContainsString("Driplet: a deferred message to topic 'bad' was not sent: the message cannot be written as JSON", $log);
    }

    public function testADeadServerLeavesThePageWhole(): void
    {
        [$page, $log] = $this->page('http://127.0.0.1:' . Process::freePort() . '/api/default');
        self::assertSame('the page and its end', $page);
        self::assertStringContainsString("to topic 'one' and 1 more was not sent: no answer from Driplet at", $log);
    }

    public function testOnTheCommandLineItSendsAtOnceAndLogs(): void
    {
        $logger = new class extends AbstractLogger {
            /** @var list<string> */
            public array $lines = [];

            public function log($level, $message, array $context = []): void
            {
                $this->lines[] = "{$level}: {$message}";
            }
        };
        $server = new FakeServer(FakeServer::answer(200, ''), FakeServer::answer(404, ''));
        $driplet = new Driplet($server->url, 's3cret', timeout: 60.0, logger: $logger);
        $driplet->defer(Message::to('one', 1));
        self::assertSame('one', $server->request()->json()['topic']);
        $driplet->defer(Message::to('two', 2));
        $driplet->flush();
        self::assertSame(["error: Driplet: a deferred message to topic 'two' was not sent: the answer was HTTP 404, not from Driplet itself: (empty)"], $logger->lines);
    }

    public function testALoggerThatFailsHarmsNobody(): void
    {
        $logger = new class extends AbstractLogger {
            public function log($level, $message, array $context = []): void
            {
                throw new \RuntimeException('the disk is full');
            }
        };
        $file = (string) tempnam(sys_get_temp_dir(), 'driplet-log');
        $before = ini_set('error_log', $file);
        try {
            (new Driplet('http://127.0.0.1:' . Process::freePort() . '/api/default', 's3cret', logger: $logger))->defer(Message::to('one', 1));
            self::assertStringContainsString("to topic 'one' was not sent", (string) file_get_contents($file));
        } finally {
            ini_set('error_log', (string) $before);
            unlink($file);
        }
    }

    /** @return array{string, string} the page, and what went to error_log() */
    private function page(string $url): array
    {
        $port = Process::freePort();
        $web = new Process(
            [PHP_BINARY, '-d', 'error_log=', '-d', 'log_errors=1', '-d', 'display_errors=1', '-S', "127.0.0.1:{$port}", dirname(__DIR__) . '/Support/deferring_page.php'],
            ['DRIPLET_URL' => $url, 'DRIPLET_API_SECRET' => 's3cret'],
        );
        for ($end = time() + 60; !($socket = @stream_socket_client("tcp://127.0.0.1:{$port}")) && time() < $end;) {
            usleep(10000);
        }
        self::assertIsResource($socket, $web->errors());
        fwrite($socket, "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n");
        $answer = (string) stream_get_contents($socket);
        fclose($socket);
        self::assertStringContainsString(' 200 OK', $answer);

        return [explode("\r\n\r\n", $answer, 2)[1], $web->errors()];
    }
}
