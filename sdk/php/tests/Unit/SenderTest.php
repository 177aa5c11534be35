<?php

declare(strict_types=1);

namespace Driplet\Tests\Unit;

use Driplet\Driplet;
use Driplet\Message;
use Driplet\Misuse;
use Driplet\Refused;
use Driplet\Tests\Support\FakeServer;
use Driplet\Tests\Support\Process;
use Driplet\Unreachable;
use PHPUnit\Framework\TestCase;

/** What a publish does when things go wrong on the way. */
final class SenderTest extends TestCase
{
    private const SECRET = 's3cret';

    /** Seconds: only a server that never answers is worth no long wait; a busy machine is. */
    private static function patience(array $step): float
    {
        return $step['do'] === 'hang' ? 4.0 : 60.0;
    }

    public function testSendsExactlyTheBytesItSigned(): void
    {
        $server = new FakeServer(FakeServer::answer(200, ['status' => 'ok', 'epoch' => 'e1', 'offset' => 7]));
        $receipt = (new Driplet($server->url, self::SECRET, timeout: 60.0))->publish(Message::to('a/b', ['text' => 'ž/"', 'n' => 5.0])->id('k1'));
        $request = $server->request();
        self::assertStringStartsWith('POST /api/default/message HTTP/1.1', $request->head);
        self::assertSame('application/json', $request->header('Content-Type'));
        self::assertTrue($request->signedWith(self::SECRET));
        self::assertMatchesRegularExpression('~^\{"nonce":"[0-9a-f]{32}","timestamp":\d+,"topic":"a/b","message":\{"text":"ž/\\\\"","n":5\.0\},"id":"k1"\}$~', $request->body);
        self::assertEqualsWithDelta(time(), $request->json()['timestamp'], 60);
        self::assertSame(['k1', false, 'e1', 7], [$receipt->id, $receipt->duplicate, $receipt->epoch, $receipt->offset]);
    }

    public function testLargeBodiesDoNotWaitForPermission(): void
    {
        $server = new FakeServer(FakeServer::answer(200, ''));
        (new Driplet($server->url, self::SECRET, timeout: 60.0))->publish(Message::to('t', str_repeat('x', 2 << 20)));
        self::assertSame('', $server->request()->header('Expect'));
    }

    /** @dataProvider lost */
    public function testTriesAgainUnderTheSameIdWithAFreshNonce(array $first): void
    {
        $server = new FakeServer($first, FakeServer::answer(200, ['status' => 'ok', 'duplicate' => true]));
        $receipt = (new Driplet($server->url, self::SECRET, timeout: self::patience($first)))->publish(Message::to('t', 1));
        self::assertTrue($receipt->duplicate);
        [$one, $two] = [$server->request(), $server->request()];
        self::assertTrue($one->signedWith(self::SECRET) && $two->signedWith(self::SECRET));
        self::assertSame($receipt->id, $one->json()['id']);
        self::assertSame($receipt->id, $two->json()['id']);
        self::assertNotSame($one->json()['nonce'], $two->json()['nonce']);
        $strip = static fn (array $fields): array => array_diff_key($fields, ['nonce' => 1, 'timestamp' => 1]);
        self::assertSame($strip($one->json()), $strip($two->json()));
    }

    public static function lost(): iterable
    {
        yield 'closed without an answer' => [['do' => 'drop']];
        yield 'never answered' => [['do' => 'hang']];
        yield 'unavailable' => [FakeServer::answer(503, ['error' => ['code' => 'unavailable', 'message' => 'm', 'retry' => true]])];
        yield 'a gateway in trouble' => [FakeServer::answer(502, '<h1>Bad Gateway</h1>')];
        yield 'repeated by something below' => [FakeServer::answer(401, ['error' => ['code' => 'unauthorized', 'message' => 'm', 'reason' => 'replayed', 'retry' => false]])];
    }

    /** @dataProvider dead */
    public function testADeadServerIsUnreachable(array $step): void
    {
        $server = new FakeServer($step);
        $this->expectException(Unreachable::class);
        $this->expectExceptionMessageMatches('~^no answer from Driplet at http://127\.0\.0\.1:\d+/api/default/message after 2 attempts: .+ Does the server run there\?$~');
        (new Driplet($server->url, self::SECRET, timeout: self::patience($step)))->publish(Message::to('t', 1));
    }

    public static function dead(): iterable
    {
        yield 'never answers' => [['do' => 'hang']];
        yield 'closes' => [['do' => 'drop']];
    }

    public function testNobodyListens(): void
    {
        $this->expectException(Unreachable::class);
        (new Driplet('http://127.0.0.1:' . Process::freePort() . '/api/default', self::SECRET))->publish(Message::to('t', 1));
    }

    public function testACertificateThatNobodyVouchesForEndsIt(): void
    {
        $server = new FakeServer(FakeServer::answer(200, ''), []);
        // Half a second may be too short for a handshake on a busy machine: then once more.
        $ask = <<<'PHP'
            require "autoload.php";
            do {
                try {
                    (new Driplet\Driplet($argv[1], "s3cret", timeout: 60.0))->publish(Driplet\Message::to("t", 1));
                    $said = "taken";
                } catch (Driplet\Unreachable $e) {
                    $said = $e->getMessage();
                }
            } while (preg_match("/time.*out/i", $said));
            echo $said;
            PHP;
        $asked = static fn (string $url, string ...$options): string => (new Process([PHP_BINARY, ...$options, '-r', $ask, '--', $url], [], dirname(__DIR__, 2)))->finish();
        $distrust = '/ The certificate must be for the host in DRIPLET_URL, and of an authority that this PHP trusts/';
        self::assertMatchesRegularExpression($distrust, $asked($server->url));
        self::assertMatchesRegularExpression($distrust, $asked(str_replace('localhost', '127.0.0.1', $server->url), '-d', "curl.cainfo={$server->certificate}"));
        self::assertSame('taken', $asked($server->url, '-d', "curl.cainfo={$server->certificate}"));
        self::assertTrue($server->request()->signedWith(self::SECRET)); // the first of all that it was told
    }

    public function testNoConnectionComesAbout(): void
    {
        // A listener whose queue is full: further connections are neither taken nor refused.
        $context = stream_context_create(['socket' => ['backlog' => 0]]);
        $listener = stream_socket_server('tcp://127.0.0.1:0', $_, $_, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context);
        self::assertIsResource($listener);
        $name = (string) stream_socket_get_name($listener, false);
        for ($queue = [], $i = 0; $i < 4; ++$i) {
            $queue[] = stream_socket_client("tcp://{$name}", $_, $_, 1, STREAM_CLIENT_ASYNC_CONNECT | STREAM_CLIENT_CONNECT);
        }
        $this->expectException(Unreachable::class);
        $this->expectExceptionMessageMatches('/time.*out/i');
        // With these 30 seconds only the limit on connecting can end it early; PHPUnit's own patience is larger.
        (new Driplet("http://{$name}/api/default", self::SECRET, timeout: 30.0, retries: 0))->publish(Message::to('t', 1));
    }

    public function testNoSecondAttemptWhenNoneIsWanted(): void
    {
        $server = new FakeServer(['do' => 'drop'], FakeServer::answer(200, ''));
        $this->expectException(Unreachable::class);
        $this->expectExceptionMessage('after 1 attempt:');
        (new Driplet($server->url, self::SECRET, timeout: 60.0, retries: 0))->publish(Message::to('t', 1));
    }

    /** @dataProvider refusals */
    public function testARefusalIsFinal(array $answer, string $code, ?string $reason, bool $retry, string $text): void
    {
        $server = new FakeServer($answer, FakeServer::answer(200, ''));
        try {
            (new Driplet($server->url, self::SECRET, timeout: 60.0))->publish(Message::to('t', 1));
            self::fail('it was taken');
        } catch (Refused $e) {
            self::assertSame($code, $e->code);
            self::assertTrue(isset($e->code));
            self::assertSame($reason, $e->reason);
            self::assertSame($retry, $e->retry);
            self::assertSame($answer['status'], $e->getCode());
            self::assertStringContainsString($text, $e->getMessage());
        }
    }

    public static function refusals(): iterable
    {
        $mismatch = ['code' => 'unauthorized', 'message' => 'does not match the 214 body bytes', 'reason' => 'signature_mismatch', 'retry' => false];
        yield 'wrong secret' => [FakeServer::answer(401, ['error' => $mismatch]), 'unauthorized', 'signature_mismatch', false, '214 body bytes'];
        $slow = ['code' => 'rate_limited', 'message' => 'slower', 'retry' => true];
        yield 'too fast' => [FakeServer::answer(429, ['error' => $slow]), 'rate_limited', null, true, 'slower'];
        yield 'a plugin\'s own' => [FakeServer::answer(422, ['error' => ['code' => 'chat.banned', 'message' => 'm']]), 'chat.banned', null, false, 'm'];
        yield 'the old server' => [FakeServer::answer(401, "Invalid signature\n"), 'unauthorized', null, false, 'HTTP 401, not from Driplet itself: Invalid signature'];
        yield 'a proxy\'s limit' => [FakeServer::answer(413, '<html><h1>413 Too Large</h1></html>'), 'too_large', null, false, '413 Too Large'];
        yield 'a proxy\'s 404' => [FakeServer::answer(404, ''), 'not_found', null, false, '(empty)'];
        yield 'a teapot' => [FakeServer::answer(418, '{"error":"no object"}'), 'bad_request', null, false, 'HTTP 418'];
        yield 'binary' => [FakeServer::answer(400, "ab\x00\x1b[31mcd"), 'bad_request', null, false, 'ab [31mcd'];
    }

    public function testOtherFieldsOfARefusalAreErrors(): void
    {
        $server = new FakeServer(FakeServer::answer(404, ''));
        try {
            (new Driplet($server->url, self::SECRET, timeout: 60.0))->publish(Message::to('t', 1));
            self::fail('it was taken');
        } catch (Refused $e) {
            $this->expectException(\Error::class);
            $e->kode;
        }
    }

    /** @dataProvider strangers */
    public function testWhatIsNoDripletServerIsToldSo(array $answer, string $text): void
    {
        $server = new FakeServer($answer, FakeServer::answer(200, ''));
        $this->expectException(Unreachable::class);
        $this->expectExceptionMessage($text);
        (new Driplet($server->url, self::SECRET, timeout: 60.0))->publish(Message::to('t', 1));
    }

    public static function strangers(): iterable
    {
        yield 'a website' => [FakeServer::answer(200, '<html><body>Welcome!</body></html>'), 'is no Driplet server: HTTP 200, but not JSON: Welcome!. Check DRIPLET_URL'];
        yield 'a redirect' => [FakeServer::answer(301, '', 'https://example.com/api/default/message'), "HTTP 301, a redirect to 'https://example.com/api/default/message'"];
    }

    public function testAnAnswerWithoutEndIsCutOff(): void
    {
        $server = new FakeServer(['do' => 'answer', 'status' => 200, 'body' => '', 'padding' => 2 << 20]);
        $this->expectException(Unreachable::class);
        $this->expectExceptionMessage('the answer is over a megabyte');
        (new Driplet($server->url, self::SECRET, timeout: 60.0))->publish(Message::to('t', 1));
    }

    public function testTheOldServersEmptyAnswerIsYes(): void
    {
        $server = new FakeServer(FakeServer::answer(200, ''));
        $receipt = (new Driplet($server->url, self::SECRET, timeout: 60.0))->publish(Message::to('t', 1));
        self::assertNull($receipt->offset);
        self::assertFalse($receipt->duplicate);
    }

    public function testWhatCannotBeEncodedIsNotSent(): void
    {
        $server = new FakeServer(FakeServer::answer(200, ''));
        $driplet = new Driplet($server->url, self::SECRET, timeout: 60.0);
        try {
            $driplet->publish(Message::to('t', "\xff"));
            self::fail('it was taken');
        } catch (Misuse) {
            $driplet->publish(Message::to('next', 1));
        }
        self::assertSame('next', $server->request()->json()['topic']);
    }

    public function testASignalHandlerMayPublishMeanwhile(): void
    {
        $ok = FakeServer::answer(200, ['status' => 'ok']);
        $server = new FakeServer($ok + ['signal' => getmypid()], $ok);
        $driplet = new Driplet($server->url, self::SECRET, timeout: 60.0);
        $inside = null;
        $before = pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, static function () use ($driplet, &$inside): void {
            $inside = $driplet->publish(Message::to('inside', 2)->id('two'));
        });
        try {
            $outside = $driplet->publish(Message::to('outside', 1)->id('one')); // the signal comes before its answer
        } finally {
            pcntl_signal(SIGUSR1, SIG_DFL);
            pcntl_async_signals($before);
        }
        self::assertSame(['one', 'two'], [$outside->id, $inside?->id]);
        self::assertSame(['outside', 'inside'], [$server->request()->json()['topic'], $server->request()->json()['topic']]);
    }

    public function testPublishAllKeepsOrderAndStopsAtAFailure(): void
    {
        $server = new FakeServer(FakeServer::answer(200, ''), FakeServer::answer(404, ''), FakeServer::answer(200, ''));
        $driplet = new Driplet($server->url, self::SECRET, timeout: 60.0);
        try {
            $driplet->publishAll(Message::to('a', 1), Message::to('b', 2), Message::to('c', 3));
            self::fail('it was taken');
        } catch (Refused) {
        }
        self::assertSame('a', $server->request()->json()['topic']);
        self::assertSame('b', $server->request()->json()['topic']);
        $receipts = $driplet->publishAll(Message::to('d', 4)->id('d'), Message::to('e', 5)->id('e'));
        self::assertSame(['d', 'e'], [$receipts[0]->id, $receipts[1]->id]);
        self::assertSame('d', $server->request()->json()['topic']);
        self::assertSame([], $driplet->publishAll());
    }

    /** @dataProvider settings */
    public function testRefusesSettings(\Closure $make, string $why): void
    {
        $this->expectException(Misuse::class);
        $this->expectExceptionMessage($why);
        $make();
    }

    public static function settings(): iterable
    {
        $url = 'http://127.0.0.1:1/api/default';
        yield 'no secret' => [fn () => new Driplet($url, ''), 'the API secret is empty'];
        yield 'no time' => [fn () => new Driplet($url, 's', timeout: 0.0), 'timeout must be more than 0'];
        yield 'all time' => [fn () => new Driplet($url, 's', timeout: INF), 'timeout must be more than 0'];
        yield 'negative' => [fn () => new Driplet($url, 's', retries: -1), 'retries must be 0 or more'];
        yield 'no environment' => [fn () => Driplet::fromEnv(), 'the environment variable DRIPLET_URL is not set'];
    }
}
