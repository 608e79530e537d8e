mod error; mod input; mod names; mod xml;
