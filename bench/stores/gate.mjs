// Passes requests from the process of the measured Worker to the database.
export default {
  fetch: (request, { DB }) => DB.fetch(request),
};
