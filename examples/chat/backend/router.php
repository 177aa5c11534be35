<?php

declare(strict_types=1);

// php -S 127.0.0.1:8080 -t examples/chat/public examples/chat/backend/router.php

use DripletExample\Site;

require __DIR__ . '/../../backend/autoload.php';

return (new Site('Enter the chat', __DIR__ . '/../public', views: false))->handle();
