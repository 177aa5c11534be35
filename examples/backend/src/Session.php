<?php

declare(strict_types=1);

namespace DripletExample;

/** PHP's session, with the user in it. */
final class Session
{
    public function __construct()
    {
        // Lax: other sites' forms and images come without the cookie.
        session_set_cookie_params(['httponly' => true, 'samesite' => 'Lax', 'secure' => ($_SERVER['HTTPS'] ?? '') !== '']);
        session_name('driplet_example');
        session_start(['use_strict_mode' => true]);
    }

    public function user(): ?User
    {
        $user = $_SESSION['user'] ?? null;

        return $user instanceof User ? $user : null;
    }

    public function logIn(User $user): void
    {
        session_regenerate_id(true);
        $_SESSION = ['user' => $user, 'form' => bin2hex(random_bytes(16))];
    }

    public function logOut(): void
    {
        $_SESSION = [];
        session_destroy();
    }

    /** A secret that this site's own forms carry, and no other site's can. */
    public function formKey(): string
    {
        return $_SESSION['form'] ?? '';
    }
}
