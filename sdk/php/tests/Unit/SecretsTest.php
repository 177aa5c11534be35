<?php

declare(strict_types=1);

namespace Driplet\Tests\Unit;

use Driplet\CallbackHandler;
use Driplet\Client\DripletClient;
use Driplet\Driplet;
use Driplet\Message;
use Driplet\PluginRequests;
use Driplet\Proof;
use Driplet\Token\JwtManager;
use Driplet\TokenIssuer;
use Nyholm\Psr7\ServerRequest;
use PHPUnit\Framework\TestCase;

/** A secret that shows in a log has to be replaced on every server. */
final class SecretsTest extends TestCase
{
    private const SECRET = 'hunter2-hunter2-hunter2';

    /** @dataProvider holders */
    public function testNoDumpShowsThem(object $holder): void
    {
        ob_start();
        var_dump($holder);
        var_export($holder);
        print_r($holder);
        print_r((array) $holder);
        self::assertStringNotContainsString('hunter2', (string) ob_get_clean());
        $this->expectExceptionMessageMatches("/^Serialization of '.*' is not allowed$/");
        serialize($holder);
    }

    public static function holders(): iterable
    {
        $url = 'http://127.0.0.1:1/api/default';
        yield 'Driplet' => [new Driplet($url, self::SECRET)];
        yield 'TokenIssuer' => [new TokenIssuer(self::SECRET)];
        yield 'CallbackHandler' => [new CallbackHandler([self::SECRET, 'hunter2-previous'])];
        yield 'PluginRequests' => [new PluginRequests([self::SECRET, 'hunter2-previous'])];
        yield 'the old client' => [new DripletClient($url, self::SECRET)];
        yield 'the old JwtManager' => [new JwtManager(self::SECRET)];
    }

    /** @dataProvider failures */
    public function testNoStackTraceShowsThem(\Closure $fail): void
    {
        try {
            $fail();
        } catch (\Throwable $e) {
            do {
                self::assertStringNotContainsString('hunter2', $e->getMessage() . $e->getTraceAsString());
                self::assertStringNotContainsString('hunter2', print_r(self::arguments($e), true));
            } while ($e = $e->getPrevious());

            return;
        }
        self::fail('nothing was thrown');
    }

    public static function failures(): iterable
    {
        $url = 'http://127.0.0.1:1/api/default';
        yield 'a wrong URL' => [static fn () => new Driplet('nowhere', self::SECRET)];
        yield 'nobody there' => [static fn () => (new Driplet($url, self::SECRET))->publish(Message::to('t', 1))];
        yield 'not encodable' => [static fn () => (new Driplet($url, self::SECRET))->publish(Message::to('t', "\xff"))];
        yield 'a wrong ttl' => [static fn () => new TokenIssuer(self::SECRET, 0)];
        yield 'an empty previous secret' => [static fn () => new CallbackHandler([self::SECRET, ''])];
        yield 'an empty previous secret of plugins' => [static fn () => new PluginRequests([self::SECRET, ''])];
        yield 'an unsigned request' => [static fn () => (new PluginRequests(self::SECRET))->verify('', [], '/', 'POST')];
        yield 'no response factory' => [static fn () => (new CallbackHandler(self::SECRET))->handle(new ServerRequest('POST', '/'))];
        yield 'a wrong proof' => [static fn () => Proof::make(self::SECRET, 'default', '7', 't', 0)];
        yield 'the old client' => [static fn () => (new DripletClient($url, self::SECRET))->sendMessage((new DripletClient($url, self::SECRET))->createMessage())];
        yield 'the old client, wrong URL' => [static fn () => new DripletClient('nowhere', self::SECRET)];
    }

    /** @return list<mixed> of every call of the library's in the trace */
    private static function arguments(\Throwable $e): array
    {
        $ours = array_filter($e->getTrace(), static fn (array $frame): bool => str_starts_with($frame['class'] ?? '', 'Driplet\\') && !str_starts_with($frame['class'], 'Driplet\\Tests\\'));
        self::assertNotSame([], $ours);

        return array_merge(...array_map(static fn (array $frame): array => array_values($frame['args'] ?? []), $ours));
    }
}
