<?php

declare(strict_types=1);

namespace Driplet\Tests\Unit;

use Driplet\Internal\Json;
use Driplet\Message;
use Driplet\Misuse;
use Driplet\Target;
use PHPUnit\Framework\TestCase;

final class MessageTest extends TestCase
{
    /** @dataProvider values */
    public function testWritesValuesAsTheyAre(mixed $value, string $json): void
    {
        self::assertSame('{"topic":"t","message":' . $json . '}', Json::encode(Message::to('t', $value)->fields(), 'it'));
    }

    public static function values(): iterable
    {
        yield 'empty array' => [[], '[]'];
        yield 'empty object' => [(object) [], '{}'];
        yield 'null' => [null, 'null'];
        yield 'false' => [false, 'false'];
        yield 'text' => ['Žluťoučký / 😀', '"Žluťoučký / 😀"'];
        yield 'whole float' => [5.0, '5.0'];
        yield 'float' => [0.1, '0.1'];
        yield 'large integer' => [PHP_INT_MAX, '9223372036854775807'];
        yield 'numeric string' => ['05', '"05"'];
        yield 'list with a gap' => [[0 => 'a', 2 => 'c'], '{"0":"a","2":"c"}'];
        yield 'nested' => [['a' => [], 'b' => ['c' => null]], '{"a":[],"b":{"c":null}}'];
    }

    public function testCarriesOnlyWhatWasSet(): void
    {
        $message = Message::to('t', 1);
        self::assertSame(['topic' => 't', 'message' => 1], $message->fields());
        self::assertSame(['topic' => 't', 'message' => 1], $message->target(Target::everyone())->except(null)->fields());
        $full = $message->event('chat.said')->target(Target::users(5))->except('s1')->id('k1');
        self::assertSame(
            '{"topic":"t","message":1,"event":"chat.said","target":{"include":{"uid":[5]}},"except":"s1","id":"k1"}',
            Json::encode($full->fields(), 'it'),
        );
        self::assertSame(['topic' => 't', 'message' => 1], $message->fields(), 'the first is unchanged');
    }

    /** @dataProvider unencodable */
    public function testSaysWhyItCannotBeWritten(mixed $value, string $why): void
    {
        $this->expectException(Misuse::class);
        $this->expectExceptionMessage($why);
        Json::encode(Message::to('t', $value)->fields(), 'the message');
    }

    public static function unencodable(): iterable
    {
        $loop = [];
        $loop['self'] = &$loop;
        $deep = 1;
        for ($i = 0; $i < 200; ++$i) {
            $deep = [$deep];
        }
        yield 'bytes' => ["\xff", 'the message cannot be written as JSON: a string in it is not UTF-8'];
        yield 'infinity' => [INF, 'INF or NAN'];
        yield 'resource' => [STDIN, 'such as a resource'];
        yield 'deep' => [$deep, 'deeper than 128 levels'];
        yield 'loop' => [$loop, 'refers to itself'];
        yield 'its own error' => [new class implements \JsonSerializable {
            public function jsonSerialize(): never
            {
                throw new \DomainException('the lazy field is gone');
            }
        }, 'the lazy field is gone'];
    }

    /** @dataProvider wrong */
    public function testRefusesWhatTheServerWouldRefuse(\Closure $make, string $why): void
    {
        $this->expectException(Misuse::class);
        $this->expectExceptionMessage($why);
        $make();
    }

    public static function wrong(): iterable
    {
        yield 'no topic' => [fn () => Message::to('', 1), 'the topic has 1 to 200 bytes, this one has 0'];
        yield 'long topic' => [fn () => Message::to(str_repeat('é', 101), 1), 'this one has 202'];
        yield 'control character' => [fn () => Message::to("a\nb", 1), 'without control characters, this one is "a\nb"'];
        yield 'C1 control character' => [fn () => Message::to("a\u{85}", 1), 'without control characters'];
        yield 'line break at the end' => [fn () => Message::to("a\n", 1), 'without control characters'];
        yield 'not UTF-8' => [fn () => Message::to("a\xff", 1), 'UTF-8'];
        yield 'no event' => [fn () => Message::to('t', 1)->event(''), 'the event has 1 to 200 bytes'];
        yield 'no id' => [fn () => Message::to('t', 1)->id(''), 'leave it out'];
        yield 'long id' => [fn () => Message::to('t', 1)->id(str_repeat('x', 201)), 'this one has 201'];
    }
}
