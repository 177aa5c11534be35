<?php

declare(strict_types=1);

namespace Driplet\Tests\Unit;

use Driplet\Driplet;
use Driplet\Message;
use Driplet\Refused;
use Driplet\Tests\Support\FakeServer;
use Driplet\Tests\Support\Process;
use Driplet\Unreachable;
use GuzzleHttp\Client;
use GuzzleHttp\Psr7\HttpFactory;
use Nyholm\Psr7\Factory\Psr17Factory;
use PHPUnit\Framework\TestCase;
use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestInterface;
use Psr\Http\Message\ResponseInterface;

/** The same with a PSR-18 client in place of curl. */
final class Psr18Test extends TestCase
{
    /** @dataProvider factories */
    public function testSendsExactlyTheBytesItSigned(HttpFactory|Psr17Factory|null $factory): void
    {
        $server = new FakeServer(FakeServer::answer(200, ['status' => 'ok', 'offset' => 3]));
        $receipt = (new Driplet($server->url, 's3cret', new Client(), factory: $factory))->publish(Message::to('t', ['ž' => []]));
        $request = $server->request();
        self::assertTrue($request->signedWith('s3cret'));
        self::assertSame('application/json', $request->header('Content-Type'));
        self::assertSame(['ž' => []], $request->json()['message']);
        self::assertSame(3, $receipt->offset);
    }

    public static function factories(): iterable
    {
        yield 'found' => [null];
        yield 'Guzzle' => [new HttpFactory()];
        yield 'Nyholm' => [new Psr17Factory()];
    }

    public function testTheClientMayBeItsOwnFactory(): void
    {
        $client = new class extends Psr17Factory implements ClientInterface {
            public ?RequestInterface $seen = null;

            public function sendRequest(RequestInterface $request): ResponseInterface
            {
                $this->seen = $request;

                return $this->createResponse(200)->withBody($this->createStream('{"status":"ok"}'));
            }
        };
        (new Driplet('http://h/api/default', 's3cret', $client))->publish(Message::to('t', 1));
        self::assertSame('http://h/api/default/message', (string) $client->seen?->getUri());
    }

    public function testRetriesAndRefusesAlike(): void
    {
        $server = new FakeServer(['do' => 'drop'], FakeServer::answer(404, ['error' => ['code' => 'not_found', 'message' => 'no such endpoint']]));
        try {
            (new Driplet($server->url, 's3cret', new Client(['http_errors' => true])))->publish(Message::to('t', 1));
            self::fail('it was taken');
        } catch (Refused $e) {
            self::assertSame('not_found', $e->code);
            self::assertSame($server->request()->json()['id'], $server->request()->json()['id']);
        }
    }

    public function testNobodyListens(): void
    {
        $this->expectException(Unreachable::class);
        (new Driplet('http://127.0.0.1:' . Process::freePort() . '/api/default', 's3cret', new Client()))->publish(Message::to('t', 1));
    }

    public function testARedirectIsNotFollowed(): void
    {
        $server = new FakeServer(FakeServer::answer(302, '', 'http://127.0.0.1:1/elsewhere'));
        $this->expectException(Unreachable::class);
        $this->expectExceptionMessage("HTTP 302, a redirect to 'http://127.0.0.1:1/elsewhere'");
        (new Driplet($server->url, 's3cret', new Client()))->publish(Message::to('t', 1));
    }
}
