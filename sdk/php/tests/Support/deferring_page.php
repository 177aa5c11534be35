<?php

declare(strict_types=1);

// A page for PHP's built-in web server that defers a message. The message is
// written when it is sent, and so tells how far the response was by then.

require __DIR__ . '/../../autoload.php';

final class Progress implements JsonSerializable
{
    /** @var list<string> */
    public static array $steps = [];

    public function jsonSerialize(): mixed
    {
        return self::$steps;
    }
}

// What PHP-FPM has and the built-in server lacks.
function fastcgi_finish_request(): void
{
    Progress::$steps[] = session_status() === PHP_SESSION_NONE ? 'session closed' : 'session open';
    Progress::$steps[] = 'response finished';
}

session_start();
$driplet = Driplet\Driplet::fromEnv();
$driplet->defer(Driplet\Message::to('bad', "\xff"));
$driplet->defer(Driplet\Message::to('one', new Progress()));
$driplet->defer(Driplet\Message::to('two', new Progress()));
register_shutdown_function(static function (): void {
    Progress::$steps[] = 'shutdown of others';
    echo ' and its end';
});
Progress::$steps[] = 'page done';
echo 'the page';
