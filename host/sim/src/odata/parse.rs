//! Reading a filter.

use serde_json::Value;

use super::{Filter, Function, Literal, Operator};

/// Parentheses and `not` inside each other; more than any client writes, and few enough for the stack.
const MAX_DEPTH: usize = 64;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Open,
    Close,
    Comma,
}

pub(super) fn filter(text: &str, fields: &[&str]) -> Result<Filter, String> {
    let mut reader = Reader { tokens: tokens(text)?, next: 0, fields, element: None, depth: 0 };
    let filter = reader.any_of()?;
    match reader.take() {
        None => Ok(filter),
        Some(token) => Err(format!("$filter: found {token:?} where it should end")),
    }
}

pub(super) fn field_of(name: &str, fields: &[&str]) -> Result<String, String> {
    let known = fields.iter().find(|field| field.eq_ignore_ascii_case(name));
    known.map(|field| (*field).to_owned()).ok_or_else(|| {
        format!("the field {name:?} is not known to this simulated server; it knows {}", fields.join(" "))
    })
}

/// Cuts a filter into tokens; a quote within quotes is doubled.
fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let token = match character {
            _ if character.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '\'' => {
                let mut quoted = String::new();
                loop {
                    match rest.next() {
                        Some('\'') if rest.next_if_eq(&'\'').is_some() => quoted.push('\''),
                        Some('\'') => break Token::Quoted(quoted),
                        Some(other) => quoted.push(other),
                        None => return Err(format!("$filter: the text '{quoted} has no end")),
                    }
                }
            }
            first => {
                let mut word = String::from(first);
                while let Some(next) = rest.next_if(|next| !next.is_whitespace() && !"(),'".contains(*next)) {
                    word.push(next);
                }
                Token::Word(word)
            }
        };
        tokens.push(token);
    }
    Ok(tokens)
}

struct Reader<'a> {
    tokens: Vec<Token>,
    next: usize,
    fields: &'a [&'a str],
    /// The name of a list's element, within `any`.
    element: Option<String>,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.next += 1;
        token
    }

    /// Takes this word, if it is the next.
    fn has(&mut self, wanted: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.next += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), String> {
        match self.take() {
            Some(token) if token == *wanted => Ok(()),
            other => Err(format!("$filter: found {other:?} where {wanted:?} should be")),
        }
    }

    fn any_of(&mut self) -> Result<Filter, String> {
        let mut any = vec![self.all_of()?];
        while self.has("or") {
            any.push(self.all_of()?);
        }
        Ok(one_or(any, Filter::Any))
    }

    fn all_of(&mut self) -> Result<Filter, String> {
        let mut all = vec![self.one()?];
        while self.has("and") {
            all.push(self.one()?);
        }
        Ok(one_or(all, Filter::All))
    }

    fn one(&mut self) -> Result<Filter, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("$filter: nested deeper than {MAX_DEPTH} levels"));
        }
        let filter = match self.take() {
            Some(Token::Open) => {
                let filter = self.any_of()?;
                self.expect(&Token::Close)?;
                filter
            }
            Some(Token::Word(word)) => self.word(&word)?,
            other => return Err(format!("$filter: found {other:?} where a condition should be")),
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn word(&mut self, word: &str) -> Result<Filter, String> {
        if self.peek() == Some(&Token::Open) {
            return match word {
                "not" => Ok(Filter::Not(Box::new(self.one()?))),
                "contains" => self.text(Function::Contains),
                "startswith" => self.text(Function::StartsWith),
                "endswith" => self.text(Function::EndsWith),
                _ => match word.strip_suffix("/any") {
                    Some(list) => self.element(list),
                    None => Err(format!("$filter: the function {word:?} is not known to this simulated server")),
                },
            };
        }
        match word {
            "true" => Ok(Filter::Constant(true)),
            "false" => Ok(Filter::Constant(false)),
            "not" => Ok(Filter::Not(Box::new(self.one()?))),
            _ => self.comparison(word),
        }
    }

    fn text(&mut self, function: Function) -> Result<Filter, String> {
        self.expect(&Token::Open)?;
        let field = match self.take() {
            Some(Token::Word(name)) => self.field(&name)?,
            other => return Err(format!("$filter: found {other:?} where a field should be")),
        };
        self.expect(&Token::Comma)?;
        let Some(Token::Quoted(text)) = self.take() else {
            return Err("$filter: a text function wants a text in quotes".to_owned());
        };
        self.expect(&Token::Close)?;
        Ok(Filter::Text(field, function, text))
    }

    /// `list/any(x: x/field eq value)`
    fn element(&mut self, list: &str) -> Result<Filter, String> {
        let list = self.field(list)?;
        self.expect(&Token::Open)?;
        let name = match self.take() {
            Some(Token::Word(word)) if word.len() > 1 && word.ends_with(':') => word.trim_end_matches(':').to_owned(),
            other => return Err(format!("$filter: found {other:?} where a name and a colon should be")),
        };
        let outer = self.element.replace(name);
        let inner = self.any_of()?;
        self.element = outer;
        self.expect(&Token::Close)?;
        Ok(Filter::Element(list, Box::new(inner)))
    }

    fn comparison(&mut self, name: &str) -> Result<Filter, String> {
        let field = self.field(name)?;
        let operator = match self.take() {
            Some(Token::Word(operator)) => operator,
            other => return Err(format!("$filter: found {other:?} where an operator should be")),
        };
        let operator = match operator.to_ascii_lowercase().as_str() {
            "eq" => Operator::Eq,
            "ne" => Operator::Ne,
            "gt" => Operator::Gt,
            "ge" => Operator::Ge,
            "lt" => Operator::Lt,
            "le" => Operator::Le,
            "in" => return self.one_of(&field),
            _ => return Err(format!("$filter: found {operator:?}, allowed are eq ne gt ge lt le in")),
        };
        Ok(Filter::Compare(field, operator, self.literal()?))
    }

    fn one_of(&mut self, field: &str) -> Result<Filter, String> {
        self.expect(&Token::Open)?;
        let mut any = Vec::new();
        loop {
            any.push(Filter::Compare(field.to_owned(), Operator::Eq, self.literal()?));
            match self.take() {
                Some(Token::Comma) => {}
                Some(Token::Close) => return Ok(one_or(any, Filter::Any)),
                other => return Err(format!("$filter: found {other:?} in a list of values")),
            }
        }
    }

    fn literal(&mut self) -> Result<Literal, String> {
        match self.take() {
            Some(Token::Quoted(text)) => Ok(Literal::Json(Value::String(text))),
            Some(Token::Word(word)) => {
                Ok(serde_json::from_str(&word).map_or_else(|_| Literal::Bare(word), Literal::Json))
            }
            other => Err(format!("$filter: found {other:?} where a value should be")),
        }
    }

    /// A field of the object, or, within `any`, of the element.
    fn field(&self, name: &str) -> Result<String, String> {
        match (&self.element, name.split_once('/')) {
            (Some(element), Some((of, field))) if of == element => Ok(field.to_owned()),
            (None, _) => field_of(name, self.fields),
            (Some(element), _) => Err(format!("$filter: found {name:?} within any, allowed are {element}/...")),
        }
    }
}

fn one_or(mut all: Vec<Filter>, join: fn(Vec<Filter>) -> Filter) -> Filter {
    match all.pop() {
        Some(only) if all.is_empty() => only,
        Some(last) => {
            all.push(last);
            join(all)
        }
        None => join(all),
    }
}
