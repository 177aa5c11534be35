<?php

declare(strict_types=1);

namespace Driplet\Tests\Unit;

use Driplet\InMemoryPublisher;
use Driplet\Message;
use Driplet\Misuse;
use PHPUnit\Framework\TestCase;

final class InMemoryPublisherTest extends TestCase
{
    public function testKeepsWhatWasSent(): void
    {
        $publisher = new InMemoryPublisher();
        [$a, $b, $c] = [Message::to('a', 1), Message::to('b', 2), Message::to('a', 3)];
        $publisher->publish($a);
        self::assertCount(1, $publisher->publishAll($b));
        $publisher->defer($c);
        self::assertSame([$a, $b, $c], $publisher->sent());
        self::assertSame([$a, $c], $publisher->sent('a'));
        self::assertSame([], $publisher->sent('c'));
    }

    public function testAnIdCountsOnce(): void
    {
        $publisher = new InMemoryPublisher();
        $message = Message::to('a', 1)->id('7');
        self::assertFalse($publisher->publish($message)->duplicate);
        $again = $publisher->publish($message);
        self::assertTrue($again->duplicate);
        self::assertSame('7', $again->id);
        self::assertCount(1, $publisher->sent());
    }

    public function testRefusesWhatCouldNotBeSent(): void
    {
        $publisher = new InMemoryPublisher();
        $publisher->defer(Message::to('a', "\xff"));
        self::assertSame([], $publisher->sent());
        $this->expectException(Misuse::class);
        $publisher->publish(Message::to('a', "\xff"));
    }
}
