<?php

declare(strict_types=1);

// Stands in for Moodle: a webhook as tool_realtime's is. Answers with HTTP 200
// whatever comes. The router of "php -S".

header('Content-Type: application/json; charset=utf-8');

function answer(array $answer): never
{
    echo json_encode($answer);
    exit;
}

if ($_SERVER['REQUEST_METHOD'] !== 'POST' || $_SERVER['REQUEST_URI'] !== '/admin/tool/realtime/callback.php?site=1') {
    http_response_code(404);
    answer([]);
}
if (($_SERVER['HTTP_X_MOODLE_KEY'] ?? '') !== getenv('MOODLE_KEY')) {
    answer(['error' => ['code' => 401, 'message' => 'Authorisation failed']]);
}
$in = json_decode(file_get_contents('php://input'), true, flags: JSON_THROW_ON_ERROR);
['component' => $component, 'payload' => $payload, 'sesskey' => $sesskey] = $in['data'];
if ($sesskey === 'outworn') {
    answer(['error' => ['code' => 401, 'message' => 'Session expired']]);
}
switch ($component) {
    case 'mod_echo':
        answer(['result' => ['data' => [$in['user'], $payload, $sesskey]]]);
    case 'mod_broken':
        throw new LogicException('nobody sees this');
    case 'mod_refuses':
        answer(['error' => ['code' => 500, 'message' => 'No such attempt']]);
    case 'mod_notice':
        echo "<br />\n<b>Notice</b>: Undefined index\n";
        answer(['result' => ['data' => []]]);
    case 'mod_half':
        header('Content-Length: 1000');
        answer(['result' => ['data' => []]]);
    case 'mod_large':
        answer(['result' => ['data' => [str_repeat('x', $payload)]]]);
    case 'mod_moved':
        header('Location: http://' . $_SERVER['HTTP_HOST'] . '/elsewhere', true, 307);
        exit;
    case 'mod_slow':
        for ($i = 0; $i < 3000 && !file_exists(getenv('MOODLE_RELEASE')); $i++) {
            usleep(10000);
            clearstatcache();
        }
        answer(['result' => ['data' => 'at last']]);
}
answer(['error' => ['code' => 500, 'message' => "No component {$component}"]]);
