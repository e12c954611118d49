// Requests to our own server; an error is an Error with the server's words.

let token = null;

export function useToken(value) {
  token = value || null;
}

export async function ask(path, body, type = "application/json") {
  const headers = body === undefined ? {} : { "Content-Type": type };
  if (token) headers.Authorization = `Bearer ${token}`;
  const sent = body === undefined ? undefined : type === "application/json" ? JSON.stringify(body) : body;
  let response;
  try {
    response = await fetch(path, { method: body === undefined ? "GET" : "POST", headers, body: sent });
  } catch {
    throw new Error("The server does not answer. Is it still running?");
  }
  if (!response.ok) {
    const told = await response.json().catch(() => ({}));
    const error = new Error(typeof told.detail === "string" ? told.detail : `The server answered ${response.status}.`);
    error.status = response.status;
    throw error;
  }
  return response.headers.get("Content-Type") === "application/json" ? response.json() : response.text();
}
