<?php

declare(strict_types=1);

// php -S 127.0.0.1:8080 -t examples/analytics/public examples/analytics/backend/router.php

use DripletExample\Site;

require __DIR__ . '/../../backend/autoload.php';

return (new Site('See the dashboard', __DIR__ . '/../public', views: true))->handle();
