<?php

declare(strict_types=1);

namespace DripletExample;

/** Somebody who is logged in. */
final readonly class User
{
    public const ROLES = ['member', 'editor', 'moderator', 'administrator'];

    private function __construct(public string $id, public string $name, public string $role)
    {
    }

    /** Null where the name is empty or too long, or there is no such role. */
    public static function create(string $name, string $role): ?self
    {
        $name = trim($name);
        if (preg_match('/^\P{Cc}{1,40}$/Du', $name) !== 1 || !in_array($role, self::ROLES, true)) {
            return null;
        }

        return new self(bin2hex(random_bytes(8)), $name, $role);
    }

    public function isAdministrator(): bool
    {
        return $this->role === 'administrator';
    }

    /**
     * What Driplet shall know of the user: targets compare with it, and plugins see it.
     *
     * @return array<string, mixed>
     */
    public function claims(): array
    {
        return ['uid' => $this->id, 'name' => $this->name, 'roles' => [$this->role]];
    }
}
