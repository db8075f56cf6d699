// Many pages with client.js in one process, each of which writes down what it is told.

import { Page } from "./page.mjs";
import { serve } from "./serve_pages.mjs";

await serve(Page);
