<?php

declare(strict_types=1);

namespace Driplet\Tests\Unit;

use Driplet\Internal\EndpointUrl;
use Driplet\Misuse;
use PHPUnit\Framework\TestCase;

final class EndpointUrlTest extends TestCase
{
    /** @dataProvider good */
    public function testFindsTheMessageRoute(string $url, string $message): void
    {
        self::assertSame($message, EndpointUrl::parse($url)->message);
        self::assertSame($message, EndpointUrl::parseOld($url)->message);
    }

    public static function good(): iterable
    {
        yield ['http://127.0.0.1:4719/api/default', 'http://127.0.0.1:4719/api/default/message'];
        yield ['http://127.0.0.1:4719/api/default/', 'http://127.0.0.1:4719/api/default/message'];
        yield ['http://127.0.0.1:4719/api/default/message', 'http://127.0.0.1:4719/api/default/message'];
        yield ['https://example.com/rt/api/shop-2', 'https://example.com/rt/api/shop-2/message'];
        yield ['HTTP://[::1]:4719/api/default', 'HTTP://[::1]:4719/api/default/message'];
        yield ['http://h/api/message', 'http://h/api/message/message'];
    }

    public function testFindsPlugins(): void
    {
        $url = EndpointUrl::parse('https://example.com/rt/api/shop-2/');
        self::assertSame(['https://example.com/rt', '/hook/shop-2/moodle'], [$url->base(), $url->hook('moodle')]);
        $this->expectException(Misuse::class);
        EndpointUrl::parseOld('https://example.com/push')->hook('moodle');
    }

    /** @dataProvider wrong */
    public function testSaysWhatIsWrong(string $url, string $why): void
    {
        $this->expectException(Misuse::class);
        $this->expectExceptionMessage($why);
        EndpointUrl::parse($url);
    }

    public static function wrong(): iterable
    {
        yield 'empty' => ['', "the Driplet URL '' is empty"];
        yield 'no scheme' => ['127.0.0.1:4719/api/default', "'127.0.0.1:4719/api/default' does not begin with http:// or https://"];
        yield 'WebSocket' => ['ws://127.0.0.1:4719/ws/default', 'does not begin with http://'];
        yield 'file' => ['file:///etc/passwd', 'does not begin with http://'];
        yield 'no endpoint' => ['http://127.0.0.1:4719', 'does not end in /api/ENDPOINT'];
        yield 'the WebSocket route' => ['http://127.0.0.1:4719/ws/default', 'does not end in /api/ENDPOINT'];
        yield 'white space' => ["http://h/api/default\n", 'has white space around it'];
        yield 'a line break' => ["http://h/api/de\r\nfault", 'is not an address'];
        yield 'no host' => ['http:///api/default', 'is not an address'];
        yield 'query' => ['http://h/api/default?x=1', 'must not have a query'];
        yield 'port' => ['http://h:99999/api/default', 'is not an address'];
    }

    public function testTheOldClientPostsWhereItIsTold(): void
    {
        self::assertSame('https://example.com/push', EndpointUrl::parseOld('https://example.com/push')->message);
    }

    public function testNeverRepeatsAPassword(): void
    {
        foreach (['http://me:hunter2@h/api/default', 'ftp://me:hunter2@h/api/default', 'http://me:hunter2@h/wrong'] as $url) {
            try {
                EndpointUrl::parse($url);
                self::fail("{$url} was taken");
            } catch (Misuse $e) {
                self::assertStringNotContainsString('hunter2', $e->getMessage());
            }
        }
    }
}
