/** The lab's end-users; their passwords are published. */
export const USERS = ['alice', 'bob', 'john'].map((login) => ({
  login,
  password: 'doe',
  claims: {
    name: `${login[0]?.toUpperCase()}${login.slice(1)} Doe`,
    email: `${login}@example.com`,
  },
}))
