<?php

declare(strict_types=1);

namespace Driplet\Tests\Integration;

use Driplet\Driplet;
use Driplet\Internal\Secret;
use Driplet\Internal\SignedBody;
use Driplet\Message;
use Driplet\Refused;
use Driplet\Target;
use Driplet\Tests\Support\DripletServer;
use Driplet\Tests\Support\FakeServer;
use Driplet\Tests\Support\WebSocketClient;
use Driplet\TokenIssuer;
use Driplet\Unreachable;
use GuzzleHttp\Client;
use PHPUnit\Framework\TestCase;

/** A real server, real WebSockets. */
final class PublishTest extends TestCase
{
    private DripletServer $server;
    private Driplet $driplet;
    private string $topic;

    protected function setUp(): void
    {
        $this->server = DripletServer::shared();
        $this->driplet = new Driplet($this->server->url, DripletServer::API_SECRET, timeout: 60.0);
        $this->topic = 'test.' . bin2hex(random_bytes(6));
    }

    /**
     * @dataProvider targets
     *
     * @param list<string> $expected
     */
    public function testExactlyTheRightOnesHearIt(?Target $target, array $expected): void
    {
        $people = [
            'anna' => ['uid' => 1, 'roles' => ['administrator', 'editor'], 'org' => ['id' => 7]],
            'bob' => ['uid' => 2, 'roles' => ['editor'], 'org' => ['id' => 8]],
            'cyril' => ['uid' => '3', 'roles' => ['reader'], 'paid' => true],
            'nobody' => [],
        ];
        $clients = array_map(fn (array $claims): WebSocketClient => $this->server->connect($claims, $this->topic), $people);
        $message = Message::to($this->topic, 'for some');
        $this->driplet->publish($target === null ? $message : $message->target($target));
        $this->driplet->publish(Message::to($this->topic, 'end'));
        $heard = array_keys(array_filter($clients, static fn (WebSocketClient $client): bool => $client->until('end') === ['for some']));
        self::assertSame($expected, $heard);
    }

    public static function targets(): iterable
    {
        yield 'no target' => [null, ['anna', 'bob', 'cyril', 'nobody']];
        yield 'everyone' => [Target::everyone(), ['anna', 'bob', 'cyril', 'nobody']];
        yield 'roles' => [Target::roles('administrator'), ['anna']];
        yield 'include roles, exclude uid' => [Target::roles('editor')->except(['uid' => 1]), ['bob']];
        yield 'users, as number or text' => [Target::users('1', 3), ['anna', 'cyril']];
        yield 'any' => [Target::any(['paid' => true, 'uid' => [2]]), ['bob', 'cyril']];
        yield 'all' => [Target::all(['roles' => 'editor', 'org.id' => 7]), ['anna']];
        yield 'where' => [Target::roles('editor', 'reader')->where(['org.id' => [8]]), ['bob']];
        yield 'everyone with claims but' => [Target::everyone()->except(['roles' => 'editor']), ['cyril']];
        yield 'lists with gaps' => [Target::any(['uid' => [3 => 1, 7 => 2]]), ['anna', 'bob']];
        yield 'nobody has it' => [Target::roles('owner'), []];
    }

    /** @dataProvider messages */
    public function testArrivesToTheByte(mixed $message, string $json): void
    {
        $client = $this->server->connect(['uid' => 1], $this->topic);
        $this->driplet->publish(Message::to($this->topic, $message));
        self::assertStringContainsString(',"message":' . $json, $client->text());
    }

    public static function messages(): iterable
    {
        yield 'empty array' => [[], '[]'];
        yield 'empty object' => [(object) [], '{}'];
        yield 'null' => [null, 'null'];
        yield 'text' => ['Žluťoučký/😀"', '"Žluťoučký/😀\""'];
        yield 'numbers' => [[5.0, 0.1, PHP_INT_MAX, -1], '[5.0,0.1,9223372036854775807,-1]'];
    }

    public function testHttpsWhereTheServerSpeaksHttp(): void
    {
        $driplet = new Driplet(str_replace('http:', 'https:', $this->server->url), DripletServer::API_SECRET, timeout: 60.0, retries: 0);
        do {
            try {
                $driplet->publish(Message::to($this->topic, 1));
                self::fail('it was taken');
            } catch (Unreachable $e) {
            }
        } while (preg_match('/time.*out/i', $e->getMessage()) === 1); // half a second may be too short on a busy machine
        self::assertStringEndsWith('. Does the server speak TLS there? If not, DRIPLET_URL begins with http://', $e->getMessage());
    }

    public function testCarriesItsEvent(): void
    {
        $client = $this->server->connect(['uid' => 1], $this->topic);
        $this->driplet->publish(Message::to($this->topic, 1)->event('chat.said'));
        self::assertSame('chat.said', $client->receive()['event'] ?? null);
    }

    public function testLeavesOutTheSessionThatCausedIt(): void
    {
        $claims = ['uid' => 1];
        $token = (new TokenIssuer(DripletServer::JWT_SECRET))->issue($claims);
        $one = new WebSocketClient($this->server->port, $token);
        $one->subscribe($this->topic);
        $two = $this->server->connect($claims, $this->topic);
        $this->driplet->publish(Message::to($this->topic, 'mine')->except($one->session));
        $this->driplet->publish(Message::to($this->topic, 'end')->except(null));
        self::assertSame([], $one->until('end'));
        self::assertSame(['mine'], $two->until('end'));
    }

    public function testTheOldWireHearsItAsWell(): void
    {
        $token = (new TokenIssuer(DripletServer::JWT_SECRET))->issue(['uid' => 1, 'roles' => ['administrator']]);
        $client = new WebSocketClient($this->server->port, $token, 1);
        $client->subscribe($this->topic);
        $this->driplet->publish(Message::to($this->topic, ['a' => 'é/'])->event('named')->target(Target::roles('administrator')));
        self::assertSame('{"message":{"a":"é/"},"endpoint":"default","topic":"' . $this->topic . '"}', $client->text());
    }

    public function testAnIdDeliversOnce(): void
    {
        $client = $this->server->connect(['uid' => 1], $this->topic);
        $message = Message::to($this->topic, 'once')->id($this->topic);
        self::assertFalse($this->driplet->publish($message)->duplicate);
        self::assertTrue($this->driplet->publish($message)->duplicate);
        $this->driplet->publish(Message::to($this->topic, 'end'));
        self::assertSame(['once'], $client->until('end'));
        $this->assertRefused('conflict', null, 409, fn () => $this->driplet->publish(Message::to($this->topic, 'other')->id($this->topic)));
    }

    public function testALostAnswerDeliversOnce(): void
    {
        $client = $this->server->connect(['uid' => 1], $this->topic);
        $to = "tcp://127.0.0.1:{$this->server->port}";
        $between = new FakeServer(['do' => 'lose', 'to' => $to], ['do' => 'forward', 'to' => $to]);
        $receipt = (new Driplet($between->url, DripletServer::API_SECRET, timeout: 60.0))->publish(Message::to($this->topic, 'once'));
        self::assertTrue($receipt->duplicate, 'the second attempt met the first');
        $this->driplet->publish(Message::to($this->topic, 'end'));
        self::assertSame(['once'], $client->until('end'));
    }

    public function testThroughAPsr18Client(): void
    {
        $client = $this->server->connect(['uid' => 1], $this->topic);
        (new Driplet($this->server->url, DripletServer::API_SECRET, new Client()))->publish(Message::to($this->topic, 'through Guzzle'));
        self::assertSame('through Guzzle', $client->receive()['message']);
    }

    public function testAllInOrder(): void
    {
        $client = $this->server->connect(['uid' => 1], $this->topic);
        $this->driplet->publishAll(...array_map(fn (int $n): Message => Message::to($this->topic, $n), range(1, 20)));
        $this->driplet->defer(Message::to($this->topic, 'end'));
        self::assertSame(range(1, 20), $client->until('end'));
    }

    public function testAWrongSecret(): void
    {
        $this->assertRefused('unauthorized', 'signature_mismatch', 401, fn () => (new Driplet($this->server->url, 'wrong', timeout: 60.0))->publish(Message::to($this->topic, 1)));
    }

    public function testAnUnknownEndpoint(): void
    {
        $url = str_replace('/default', '/elsewhere', $this->server->url);
        $this->assertRefused('not_found', null, 404, fn () => (new Driplet($url, DripletServer::API_SECRET, timeout: 60.0))->publish(Message::to($this->topic, 1)));
    }

    public function testTooLarge(): void
    {
        $this->assertRefused('too_large', null, 413, fn () => $this->driplet->publish(Message::to($this->topic, str_repeat('x', 2 << 20))));
    }

    public function testAClockThatIsWrong(): void
    {
        [$status, $error] = $this->post(bin2hex(random_bytes(8)), time() - 340);
        self::assertSame([401, 'clock_skew'], [$status, $error['reason'] ?? null]);
        self::assertStringContainsString('synchronise clocks', $error['message']);
    }

    public function testAReplay(): void
    {
        $nonce = bin2hex(random_bytes(8));
        self::assertSame(200, $this->post($nonce, time())[0]);
        [$status, $error] = $this->post($nonce, time());
        self::assertSame([401, 'replayed'], [$status, $error['reason'] ?? null]);
    }

    private function assertRefused(string $code, ?string $reason, int $status, \Closure $do): void
    {
        try {
            $do();
            self::fail('it was taken');
        } catch (Refused $e) {
            self::assertSame([$code, $reason, $status], [$e->code, $e->reason, $e->getCode()], $e->getMessage());
        }
    }

    /**
     * What the library itself never sends: old times, used nonces.
     *
     * @return array{int, array<string, mixed>} status and error
     */
    private function post(string $nonce, int $timestamp): array
    {
        $body = SignedBody::seal(Message::to($this->topic, 1)->fields(), new Secret(DripletServer::API_SECRET, 'it'), $nonce, $timestamp);
        $answer = (new \Driplet\Http\CurlTransport())->post("{$this->server->url}/message", $body->headers(), $body->bytes, 20.0);

        return [$answer->status, $answer->json()['error'] ?? []];
    }
}
