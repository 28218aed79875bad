// Everything here makes pages nicer that work without it.
import { localPage } from "./times.js";
import { tidyForms } from "./forms.js";
import { readout } from "./chart.js";
import { follow } from "./live.js";
import { refresh } from "./refresh.js";

localPage();
tidyForms();
readout();
follow();
refresh();
