<?php

declare(strict_types=1);

namespace Driplet\Tests\Integration;

use Driplet\Tests\Support\CallbackBackend;
use Driplet\Tests\Support\DripletServer;
use Driplet\Tests\Support\Process;
use Driplet\Tests\Support\WebSocketClient;
use Driplet\TokenIssuer;
use PHPUnit\Framework\TestCase;

/** A browser's event through the real server to real PHP, and the answer back. */
final class CallbackTest extends TestCase
{
    private static ?CallbackBackend $backend = null;
    private static ?CallbackBackend $slow = null;
    private static ?DripletServer $server = null;
    private WebSocketClient $client;

    public static function setUpBeforeClass(): void
    {
        self::$backend = new CallbackBackend();
        self::$slow = new CallbackBackend(); // it serves one request at a time
        $dead = 'http://127.0.0.1:' . Process::freePort();
        $config = '';
        foreach ([
            ['chat.*', self::$backend->url . '/plain?a=%C5%BE&b[]=1', '30s'],
            ['psr', self::$backend->url . '/psr?a=%C5%BE&b[]=1', '30s'],
            ['early.*', self::$backend->url . '/early', '30s'],
            ['wrong', self::$backend->url . '/wrong', '30s'],
            ['broken', self::$backend->url . '/broken', '30s'],
            ['slow', self::$slow->url . '/plain', '300ms'],
            ['dead', $dead, '30s'],
            ['user.{uid}', self::$backend->url . '/plain', '30s'],
        ] as [$match, $url, $timeout]) {
            $config .= "[[Endpoints.default.Callbacks]]\nMatch = \"{$match}\"\nURL = \"{$url}\"\nTimeout = \"{$timeout}\"\n";
        }
        self::$server = new DripletServer($config);
    }

    public static function tearDownAfterClass(): void
    {
        self::$server = self::$slow = self::$backend = null;
    }

    protected function setUp(): void
    {
        assert(self::$server !== null);
        $token = (new TokenIssuer(DripletServer::JWT_SECRET))->issue(['uid' => 7, 'roles' => ['editor']]);
        $this->client = new WebSocketClient(self::$server->port, $token);
    }

    public function testTheAnswerComesBack(): void
    {
        $data = ['text' => 'Žluťoučký/😀"', 'n' => 5, 'list' => [1, null, true]];
        $this->client->send(['type' => 'event', 'event' => 'chat.send', 'topic' => 'chat.lobby', 'data' => $data, 'id' => 4]);
        self::assertSame(['type' => 'reply', 'id' => 4, 'data' => [
            'by' => '7', 'roles' => ['editor'], 'data' => $data, 'topic' => 'chat.lobby', 'session' => $this->client->session, 'endpoint' => 'default',
        ]], $this->client->receive());
    }

    public function testNothingReturnedIsNull(): void
    {
        self::assertSame(['type' => 'reply', 'id' => 1, 'data' => null], $this->ask('chat.quiet'));
    }

    public function testThroughPsr(): void
    {
        self::assertSame(['type' => 'reply', 'id' => 1, 'data' => ['a' => []]], $this->ask('psr', ['a' => []]));
    }

    public function testARefusalArrivesAsItIs(): void
    {
        $error = ['code' => 'chat.banned', 'message' => 'you were put out', 'retry' => false, 'data' => ['until' => 1700000000]];
        self::assertSame(['type' => 'error', 'id' => 1, 'error' => $error], $this->ask('chat.ban'));
        // Also where nobody waits for an answer.
        $this->client->send(['type' => 'event', 'event' => 'chat.banned']);
        self::assertSame(['type' => 'error', 'error' => $error], $this->client->receive());
    }

    public function testAnUnknownEvent(): void
    {
        $this->assertError('no_handler', false, $this->ask('chat.unknown'));  // to PHP
        $this->assertError('no_handler', false, $this->ask('unknown'));       // to nobody
        $this->assertError('no_handler', false, $this->ask('user.8'));        // another user's
    }

    public function testAFailureDoesNotLeak(): void
    {
        $answer = $this->ask('chat.fail');
        $this->assertError('internal', true, $answer);
        self::assertStringNotContainsString('hunter2', (string) json_encode($answer));
        self::assertStringContainsString('the password is hunter2', (string) self::$backend?->log());
        $this->assertError('internal', true, $this->ask('chat.large'));
        self::assertStringContainsString('the answer has 70002 bytes, the limit is 65536', (string) self::$backend?->log());
    }

    public function testWhatIsPrintedDoesNotSpoilTheAnswer(): void
    {
        self::assertSame(['type' => 'reply', 'id' => 1, 'data' => 'kept'], $this->ask('chat.print'));
        self::assertStringContainsString('<b>lost</b>', (string) self::$backend?->log());
    }

    public function testABlankLineBeforeThePageDoesNotSpoilTheAnswer(): void
    {
        self::assertSame(['type' => 'reply', 'id' => 1, 'data' => 'in spite of it'], $this->ask('early.one'));
        self::assertMatchesRegularExpression('~the answer had begun at \S+callback_backend\.php:\d+ before handleGlobals~', (string) self::$backend?->log());
    }

    public function testASlowBackend(): void
    {
        $this->client->send(['type' => 'event', 'event' => 'slow', 'id' => 1]);
        $this->client->send(['type' => 'event', 'event' => 'unknown', 'id' => 2]);
        self::assertSame(2, $this->client->receive()['id'], 'the slow one holds nobody up');
        $answer = $this->client->receive();
        self::assertSame(1, $answer['id']);
        $this->assertError('timeout', true, $answer);
    }

    public function testADeadBackend(): void
    {
        $this->assertError('unavailable', true, $this->ask('dead'));
        $this->assertError('unavailable', true, $this->ask('broken'));
    }

    public function testAWrongKey(): void
    {
        $this->assertError('unavailable', true, $this->ask('wrong'));
    }

    public function testManyAtOnce(): void
    {
        foreach (range(1, 20) as $id) {
            $this->client->send(['type' => 'event', 'event' => 'chat.send', 'data' => $id, 'id' => $id]);
        }
        $heard = [];
        for ($i = 0; $i < 20; ++$i) {
            $answer = $this->client->receive();
            self::assertSame($answer['id'], $answer['data']['data']);
            $heard[] = $answer['id'];
        }
        sort($heard);
        self::assertSame(range(1, 20), $heard);
    }

    /** @return array<string, mixed> */
    private function ask(string $event, mixed $data = null): array
    {
        $this->client->send(['type' => 'event', 'event' => $event, 'data' => $data, 'id' => 1]);

        return $this->client->receive();
    }

    /** @param array<string, mixed> $answer */
    private function assertError(string $code, bool $retry, array $answer): void
    {
        self::assertSame(['error', $code, $retry], [$answer['type'], $answer['error']['code'] ?? null, $answer['error']['retry'] ?? null], (string) json_encode($answer));
    }
}
