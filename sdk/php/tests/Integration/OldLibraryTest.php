<?php

declare(strict_types=1);

namespace Driplet\Tests\Integration;

use Driplet\Client\DripletClient;
use Driplet\Message\MessageBuilder;
use Driplet\Tests\Support\DripletServer;
use Driplet\Tests\Support\WebSocketClient;
use Driplet\Token\JwtManager;
use PHPUnit\Framework\TestCase;

/** What Drupal's modules driplet, driplet_log and driplet_notify do, with browsers on the old wire. */
final class OldLibraryTest extends TestCase
{
    private const LOG = ['severity' => 'error', 'type' => 'php', 'message' => 'Notice: x', 'timestamp' => 1700000000, 'uid' => 1, 'link' => ''];

    /**
     * @dataProvider logs
     *
     * @param \Closure(MessageBuilder): MessageBuilder $narrow
     */
    public function testAdministratorsSeeTheLog(\Closure $narrow): void
    {
        $server = DripletServer::shared();
        $admin = $this->browser(['uid' => '1', 'roles' => ['authenticated', 'administrator']], 'driplet-log');
        $other = $this->browser(['uid' => '2', 'roles' => ['authenticated']], 'driplet-log');
        $anonymous = $this->browser(['uid' => 0, 'roles' => ['anonymous']], 'driplet-log');

        $client = new DripletClient("{$server->url}/message", DripletServer::API_SECRET);
        self::assertTrue($client->sendMessage($narrow($client->createMessage()->setMessage(self::LOG)->setTopic('driplet-log'))));
        self::assertTrue($client->sendMessage($client->createMessage()->setMessage(['end'])->setTopic('driplet-log')));

        $end = '{"message":["end"],"endpoint":"default","topic":"driplet-log"}';
        self::assertSame('{"message":' . json_encode(self::LOG) . ',"endpoint":"default","topic":"driplet-log"}', $admin->text());
        self::assertSame([$end, $end, $end], [$admin->text(), $other->text(), $anonymous->text()]);
    }

    public static function logs(): iterable
    {
        yield 'at once' => [static fn (MessageBuilder $m): MessageBuilder => $m->include(['roles' => ['administrator']])];
        yield 'step by step' => [static fn (MessageBuilder $m): MessageBuilder => $m->include()->setTarget('roles', 'administrator')];
        yield 'with an exclusion' => [static fn (MessageBuilder $m): MessageBuilder => $m->include()->setTarget('roles', ['authenticated'])->exclude()->setTarget('uid', 2)];
    }

    public function testANotificationLeavesOutItsAuthor(): void
    {
        $author = $this->browser(['uid' => '5', 'roles' => ['authenticated']], 'driplet-notify');
        $reader = $this->browser(['uid' => '6', 'roles' => ['authenticated']], 'driplet-notify');
        $client = new DripletClient(DripletServer::shared()->url, DripletServer::API_SECRET);
        $client->sendMessage($client->createMessage()->setMessage(['type' => 'notify', 'content' => '<b>Uloženo</b>'])->setTopic('driplet-notify')->include()->setTarget('roles', 'authenticated')->exclude()->setTarget('uid', 5));
        $client->sendMessage($client->createMessage()->setMessage(['type' => 'notify-persist', 'content' => 'all'])->setTopic('driplet-notify'));
        self::assertSame(['type' => 'notify', 'content' => '<b>Uloženo</b>'], $reader->receive()['message']);
        self::assertSame(['type' => 'notify-persist', 'content' => 'all'], $author->receive()['message']);
    }

    /** @param array<string, mixed> $claims */
    private function browser(array $claims, string $topic): WebSocketClient
    {
        $client = new WebSocketClient(DripletServer::shared()->port, (new JwtManager(DripletServer::JWT_SECRET))->generateToken($claims), 1);
        $client->subscribe($topic);

        return $client;
    }
}
