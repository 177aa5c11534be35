<?php

declare(strict_types=1);

namespace DripletExample;

/** The backend's own pages: two forms. */
final class Html
{
    public static function login(string $title, string $problem = ''): string
    {
        $roles = self::options(User::ROLES, 'member');

        return self::page($title, $problem, <<<HTML
            <label><span>Name</span><input name="name" maxlength="40" required autofocus autocomplete="nickname"></label>
            <label><span>Role</span><select name="role">{$roles}</select></label>
            <p class="hint">A real site asks for a password here. Another browser, or a private window, can be somebody else.</p>
            <button>Log in</button>
            HTML);
    }

    public static function announce(string $formKey, string $notice = '', string $role = 'editor'): string
    {
        $roles = self::options(User::ROLES, $role);
        $formKey = self::escape($formKey);

        return self::page('Announce', $notice, <<<HTML
            <input type="hidden" name="form" value="{$formKey}">
            <label><span>To everybody with the role</span><select name="role">{$roles}</select></label>
            <label><span>Text</span><textarea name="text" rows="3" maxlength="1000" required autofocus></textarea></label>
            <button>Announce</button>
            <p class="hint"><a href="/">Back to the page</a></p>
            HTML);
    }

    /** @param list<string> $roles */
    private static function options(array $roles, string $chosen): string
    {
        return implode('', array_map(
            static fn (string $role): string => '<option' . ($role === $chosen ? ' selected' : '') . '>' . self::escape($role) . '</option>',
            $roles,
        ));
    }

    private static function page(string $title, string $notice, string $fields): string
    {
        $title = self::escape($title);
        $notice = $notice === '' ? '' : '<p class="form-notice" role="status">' . self::escape($notice) . '</p>';

        return <<<HTML
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <title>{$title}</title>
              <link rel="icon" href="/shared/drop.svg">
              <link rel="stylesheet" href="/shared/base.css">
            </head>
            <body>
              <main class="form-page">
                <form method="post" class="form">
                  <span class="brand"><img src="/shared/drop.svg" alt="">Driplet</span>
                  <h1>{$title}</h1>
                  {$notice}
                  {$fields}
                </form>
              </main>
            </body>
            </html>
            HTML;
    }

    private static function escape(string $text): string
    {
        return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE | ENT_HTML5);
    }
}
