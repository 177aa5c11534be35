<?php

declare(strict_types=1);

namespace Driplet\Tests\Integration;

use Driplet\Driplet;
use Driplet\Message;
use Driplet\Tests\Support\DripletServer;
use Driplet\Tests\Support\WebSocketClient;
use Driplet\TokenIssuer;
use PHPUnit\Framework\TestCase;

/** What is published here arrives as the frames that the server's and every SDK's tests share. */
final class GoldenFramesTest extends TestCase
{
    /**
     * @dataProvider frames
     *
     * @param array{message: mixed, topic: string} $means
     */
    public function testVersion1(string $frame, array $means): void
    {
        $server = DripletServer::shared();
        $client = new WebSocketClient($server->port, (new TokenIssuer(DripletServer::JWT_SECRET))->issue(['uid' => 1]), 1);
        $client->subscribe($means['topic']);
        (new Driplet($server->url, DripletServer::API_SECRET, timeout: 60.0))->publish(Message::to($means['topic'], $means['message']));
        // By value: PHP writes a number or an escape its own way.
        self::assertEquals(json_decode($frame, false, 512, JSON_THROW_ON_ERROR), json_decode($client->text(), false, 512, JSON_THROW_ON_ERROR));
    }

    public static function frames(): iterable
    {
        $file = dirname(__DIR__, 4) . '/core/wire/testdata/v1.json';
        foreach (json_decode((string) file_get_contents($file), false, 512, JSON_THROW_ON_ERROR) as $entry) {
            if ($entry->from === 'server' && $entry->means->endpoint === 'default' && !isset($entry->echo) && strlen($entry->means->topic) <= 200) {
                yield $entry->name => [$entry->frame, (array) $entry->means];
            }
        }
    }
}
