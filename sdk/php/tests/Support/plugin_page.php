<?php

declare(strict_types=1);

// The router of "php -S": Moodle's side of the plugin moodle, which believes signed requests alone.

use Driplet\PluginRequests;
use Driplet\Refusal;
use Driplet\Tests\Support\DripletServer;

require __DIR__ . '/../bootstrap.php';

try {
    $secret = str_starts_with((string) $_SERVER['REQUEST_URI'], '/wrong') ? 'another secret' : DripletServer::API_SECRET;
    $body = (new PluginRequests(['a new secret', $secret]))->body();
} catch (Refusal $e) {
    http_response_code(401);
    exit($e->getMessage());
}
if (str_starts_with((string) $_SERVER['REQUEST_URI'], '/moved')) {
    header('Location: /elsewhere', true, 307);
    exit;
}
header('Content-Type: application/json');
echo json_encode(['result' => ['data' => [$_SERVER['REQUEST_URI'], json_decode($body, true)]]]);
