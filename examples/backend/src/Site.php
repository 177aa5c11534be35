<?php

declare(strict_types=1);

namespace DripletExample;

use Driplet\Driplet;
use Driplet\DripletException;
use Driplet\Message;
use Driplet\Target;
use Driplet\TokenIssuer;

/**
 * One example's site: a login, tokens for who is logged in, and announcements
 * by administrators. Everything else is the page itself, which is static.
 */
final readonly class Site
{
    private const NEWS = 'demo.news';

    private Settings $settings;
    private Session $session;

    /**
     * @param string $title  above the login
     * @param string $public the folder with the page
     * @param bool   $views  whether the Driplet endpoint counts page views
     */
    public function __construct(private string $title, private string $public, private bool $views)
    {
        $this->settings = Settings::fromEnvironment();
        $this->session = new Session();
    }

    /** Answers the request. False: PHP's server shall send the file of that name. */
    public function handle(): bool
    {
        $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) ?: '/';
        $user = $this->session->user();
        header('X-Content-Type-Options: nosniff');
        header('X-Frame-Options: DENY');
        header('Cache-Control: no-cache');

        return match (true) {
            $path === '/login' => $this->login(),
            $path === '/logout' => $this->logOut(),
            $path === '/token' => $this->token($user),
            $path === '/config.json' => $this->config($user),
            $path === '/announce' => $this->announce($user),
            $path === '/sdk/driplet.mjs' => $this->file(__DIR__ . '/../../../sdk/js/dist', 'driplet.mjs'),
            str_starts_with($path, '/shared/') => $this->file(__DIR__ . '/../../shared', substr($path, strlen('/shared/'))),
            $path === '/' && $user === null => $this->redirect('/login'),
            $path === '/' => $this->file($this->public, 'index.html'),
            is_file($this->public . '/' . basename($path)) => false,
            default => $this->text(404, 'There is nothing here.'),
        };
    }

    private function login(): bool
    {
        if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
            return $this->html(200, Html::login($this->title));
        }
        // A real site checks a password here, and takes the role from its own records.
        $user = User::create($this->field('name'), $this->field('role'));
        if ($user === null) {
            return $this->html(422, Html::login($this->title, 'Give a name of 1 to 40 characters, and choose a role.'));
        }
        $this->session->logIn($user);

        return $this->redirect('/');
    }

    private function logOut(): bool
    {
        $this->session->logOut();

        return $this->redirect('/login');
    }

    /** What the page's client asks whenever it needs a token. 401 tells it that nobody is logged in. */
    private function token(?User $user): bool
    {
        if ($user === null) {
            return $this->json(401, ['status' => 'error', 'message' => 'log in first']);
        }
        $issuer = new TokenIssuer($this->settings->jwtSecret);

        return $this->json(200, $issuer->response($issuer->issue($user->claims())));
    }

    /** See examples/shared/settings.js. */
    private function config(?User $user): bool
    {
        if ($user === null) {
            return $this->json(401, ['status' => 'error', 'message' => 'log in first']);
        }

        return $this->json(200, [
            'websocket' => $this->settings->webSocket,
            'token' => '/token',
            'user' => ['name' => $user->name, 'role' => $user->role],
            'news' => self::NEWS,
            'views' => $this->views,
            'announce' => $user->isAdministrator() ? '/announce' : null,
            'logout' => '/logout',
        ]);
    }

    private function announce(?User $user): bool
    {
        if ($user === null || !$user->isAdministrator()) {
            return $this->text(403, 'Announcements are made by administrators.');
        }
        $key = $this->session->formKey();
        if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
            return $this->html(200, Html::announce($key));
        }
        if (!hash_equals($key, $this->field('form'))) {
            return $this->html(403, Html::announce($key, 'The form was out of date: send it again.'));
        }
        [$role, $text] = [$this->field('role'), trim($this->field('text'))];
        if (!in_array($role, User::ROLES, true) || $text === '') {
            return $this->html(422, Html::announce($key, 'Choose a role, and write a text.'));
        }
        try {
            $message = Message::to(self::NEWS, ['text' => $text, 'to' => $role])->target(Target::roles($role));
            (new Driplet($this->settings->url, $this->settings->apiSecret))->publish($message);
        } catch (DripletException $e) {
            return $this->html(502, Html::announce($key, 'It was not sent: ' . $e->getMessage(), $role));
        }

        return $this->html(200, Html::announce($key, "Sent to everybody with the role {$role}.", $role));
    }

    private function field(string $name): string
    {
        $value = $_POST[$name] ?? '';

        return is_string($value) ? $value : '';
    }

    private function file(string $folder, string $name): bool
    {
        $types = ['css' => 'text/css', 'html' => 'text/html', 'js' => 'text/javascript', 'mjs' => 'text/javascript', 'svg' => 'image/svg+xml'];
        $type = $types[pathinfo($name, PATHINFO_EXTENSION)] ?? null;
        if ($type === null || basename($name) !== $name || !is_file("{$folder}/{$name}")) {
            return $this->text(404, 'There is nothing here.');
        }
        header("Content-Type: {$type}; charset=utf-8");
        readfile("{$folder}/{$name}");

        return true;
    }

    /** @param array<string, mixed> $body */
    private function json(int $status, array $body): bool
    {
        header('Cache-Control: no-store');

        return $this->send($status, 'application/json', json_encode($body, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES));
    }

    private function html(int $status, string $body): bool
    {
        header("Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'");

        return $this->send($status, 'text/html; charset=utf-8', $body);
    }

    private function text(int $status, string $body): bool
    {
        return $this->send($status, 'text/plain; charset=utf-8', $body . "\n");
    }

    private function redirect(string $to): bool
    {
        header("Location: {$to}", true, 303);

        return true;
    }

    private function send(int $status, string $type, string $body): bool
    {
        http_response_code($status);
        header("Content-Type: {$type}");
        echo $body;

        return true;
    }
}
