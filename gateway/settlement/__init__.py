"""From a released payment document to money: statements, disputes, invoices, approval, accruals."""
