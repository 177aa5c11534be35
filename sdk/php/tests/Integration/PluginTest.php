<?php

declare(strict_types=1);

namespace Driplet\Tests\Integration;

use Driplet\Tests\Support\CallbackBackend;
use Driplet\Tests\Support\DripletServer;
use PHPUnit\Framework\TestCase;

/** A plugin of the real server asks real PHP, signed. */
final class PluginTest extends TestCase
{
    /** @dataProvider paths */
    public function testASignedRequest(string $path, string $settings, callable $check): void
    {
        $backend = new CallbackBackend(dirname(__DIR__) . '/Support/plugin_page.php');
        $server = new DripletServer("Plugins = [\"moodle\"]\n[Endpoints.default.PluginConfig.moodle]\nurl = \"{$backend->url}{$path}\"\nkey = \"k\"\ntimeout = 30000\n{$settings}\n");
        $client = $server->connect(['uid' => 7], 't');
        $client->send(['type' => 'event', 'event' => 'mod_quiz', 'data' => ['payload' => ['ž' => 1], 'sesskey' => 's'], 'id' => 2]);
        $check($client->receive());
    }

    public static function paths(): iterable
    {
        yield 'is believed' => ['/hook.php?a=%C5%BE&b[]=1', 'signed = true', static function (array $answer): void {
            self::assertSame(['type' => 'reply', 'id' => 2, 'data' => ['/hook.php?a=%C5%BE&b[]=1', ['user' => '7', 'data' => ['component' => 'mod_quiz', 'payload' => ['ž' => 1], 'sesskey' => 's']]]], $answer);
        }];
        yield 'with another secret is not' => ['/wrong', 'signed = true', static fn (array $answer) => self::assertSame('Moodle answered HTTP 401; try again later', $answer['error']['message'] ?? null)];
        yield 'is not redirected' => ['/moved', 'signed = true', static fn (array $answer) => self::assertSame('Moodle answered HTTP 307; try again later', $answer['error']['message'] ?? null)];
        yield 'must be asked for' => ['/hook.php', '', static fn (array $answer) => self::assertSame('Moodle answered HTTP 401; try again later', $answer['error']['message'] ?? null)];
    }
}
